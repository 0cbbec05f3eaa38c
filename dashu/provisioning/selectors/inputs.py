"""A digest of all that a run is calculated from, so that a figure of other days is not posted by mistake."""

import json
from datetime import date
from hashlib import sha256

from django.db import connection

from dashu.kernel.dates import add_months
from dashu.policy.selectors import rule
from dashu.provisioning.models import Overlay
from dashu.provisioning.selectors.posted import latest_posted

RULES = ("provision.expected_loss", "provision.rates", "ifrs9.stages", "delinquency.buckets")


def inputs_digest(month: date, *, month_end: date, currency: str) -> str:
    """
    Return a digest of the snapshot of the month and of the months before, of the rules and the overlays of its end, and
    of the run that it opens from: the one that was posted last for an earlier month.

    The warnings and schedules of the day of the calculation are not in it: they move every day.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT COUNT(*), bit_xor(hashtextextended(concat_ws('|', loan_id, product, status, bucket, classification,
                stage, days_past_due, principal_minor, interest_due_minor, fee_due_minor, penalty_minor, accrued_minor,
                overdue_principal_minor, annual_rate, all_in_rate, is_restructured), 0))
            FROM collections_mgmt_loanmonth WHERE month = %s AND currency = %s
            """,
            [month, currency],
        )
        book = cursor.fetchone()
        window = rule("provision.expected_loss", on=month_end)["window_months"]
        cursor.execute(
            """
            SELECT COUNT(*), bit_xor(hashtextextended(
                concat_ws('|', month, product, bucket_before, bucket, loans, prepaid_loans), 0))
            FROM collections_mgmt_portfoliomonth
            WHERE month > %s AND month <= %s AND currency = %s AND dimension = ''
            """,
            [add_months(month, -window), month, currency],
        )
        moves = cursor.fetchone()
    overlays = Overlay.objects.in_force(month_end).filter(currency=currency)
    posted = latest_posted(currency, before=month)
    known = [
        [*book, *moves],
        posted and posted.pk,
        {code: rule(code, on=month_end) for code in RULES},
        [[each.pk, each.product, each.bucket, each.stage, each.amount_minor, str(each.share)] for each in overlays],
    ]
    return sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
