"""Spread what is set aside on top over the loans that it is for, so that the parts add up to it."""

from typing import Any

from django.db import connection
from django.db.models import Sum

from dashu.provisioning.models import LoanProvision, Overlay, ProvisionRun

# Loan by loan, each gets by how much the rounded sum up to it exceeds that up to the one before.
_SPREAD = """
    WITH chosen AS (
        SELECT loan_id, SUM(ecl_minor) OVER (ORDER BY loan_id) AS up_to, ecl_minor, SUM(ecl_minor) OVER () AS whole
        FROM provisioning_loanprovision
        WHERE run_id = %(run)s AND (%(product)s = '' OR product = %(product)s)
          AND (%(bucket)s = '' OR bucket = %(bucket)s) AND (%(stage)s = '' OR stage = %(stage)s)
    ), sized AS (
        SELECT loan_id, up_to, ecl_minor, whole,
               COALESCE(%(amount)s::numeric, round(whole * %(share)s::numeric)) AS amount
        FROM chosen WHERE whole > 0
    )
    UPDATE provisioning_loanprovision AS line
    SET overlay_minor = overlay_minor
        + (round(amount * sized.up_to / whole) - round(amount * (sized.up_to - sized.ecl_minor) / whole))::bigint
    FROM sized WHERE line.run_id = %(run)s AND line.loan_id = sized.loan_id AND sized.ecl_minor > 0
"""


def spread_overlays(run: ProvisionRun) -> None:
    """
    Add the overlays that hold at the month's end, each by the expected loss that was measured, and keep them in the run
    as they are now, with what each added.

    One whose loans are not there, or have no expected loss, adds nothing.
    """
    overlays = Overlay.objects.in_force(run.month_end).filter(currency=run.currency).select_related("author")
    run.overlays, held = [], 0
    for overlay in overlays:
        _spread(run, overlay)
        added = LoanProvision.objects.filter(run=run).aggregate(sum=Sum("overlay_minor"))["sum"] or 0
        run.overlays.append(_as_it_is(overlay, added_minor=int(added) - held))
        held = int(added)


def _spread(run: ProvisionRun, overlay: Overlay) -> None:
    given: dict[str, Any] = {
        "run": run.pk,
        "product": overlay.product,
        "bucket": overlay.bucket,
        "stage": overlay.stage,
        "amount": overlay.amount_minor,
        "share": overlay.share,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD, given)


def _as_it_is(overlay: Overlay, *, added_minor: int) -> dict[str, Any]:
    return {
        "id": overlay.pk,
        "product": overlay.product,
        "bucket": overlay.bucket,
        "stage": overlay.stage,
        "amount_minor": overlay.amount_minor,
        "share": None if overlay.share is None else str(overlay.share),
        "reason": overlay.reason,
        "author": str(overlay.author),
        "from_on": overlay.from_on.isoformat(),
        "to_on": overlay.to_on.isoformat(),
        "added_minor": added_minor,
    }
