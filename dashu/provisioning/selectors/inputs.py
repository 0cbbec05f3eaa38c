"""A digest of all that a run is calculated from, so that a figure of other days is not posted by mistake."""

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import connection

from dashu.kernel.dates import add_months
from dashu.policy import rules as policy
from dashu.policy.selectors import rule
from dashu.provisioning.estimates import Estimates, estimate
from dashu.provisioning.models import Overlay
from dashu.provisioning.selectors.posted import latest_posted

# All that a line is measured from at the end of the month.
_BOOK = """
    SELECT COUNT(*), bit_xor(hashtextextended(concat_ws('|', loan_id, product, status, bucket, classification,
        stage, days_past_due, principal_minor, interest_due_minor, fee_due_minor, penalty_minor, accrued_minor,
        overdue_principal_minor, annual_rate, all_in_rate, is_restructured), 0))
    FROM collections_mgmt_loanmonth WHERE month = %s AND currency = %s
"""
RULES = ("provision.expected_loss", "provision.rates", "ifrs9.stages", "delinquency.buckets")


# The stages of the months of probation, and since when the loans that are in default are.
_PAST = """
    SELECT bit_xor(hashtextextended(concat_ws('|', past.loan_id, past.month, past.stage, past.bucket), 0))
    FROM collections_mgmt_loanmonth AS past
    WHERE past.currency = %(currency)s AND past.status = 'ACTIVE' AND past.month < %(month)s AND (
        past.month >= %(since)s AND past.stage <> '1'
        OR past.bucket = ANY(%(default)s) AND past.loan_id IN (
            SELECT loan_id FROM collections_mgmt_loanmonth
            WHERE month = %(month)s AND currency = %(currency)s AND bucket = ANY(%(default)s)))
"""


def inputs_digest(month: date, *, month_end: date, currency: str, estimates: Estimates | None = None) -> str:
    """
    Return a digest of the snapshot of the month and of what is read from the months before, of the rules and the
    overlays of its end, and of the run that it opens from: the one that was posted last for an earlier month.

    The warnings and schedules of the day of the calculation are not in it: they move every day.

    :param estimates: of the month, where they are known already.
    """
    estimates = estimates or estimate(month, month_end=month_end, currency=currency)
    overlays = Overlay.objects.in_force(month_end).filter(currency=currency)
    posted = latest_posted(currency, before=month)
    known = [
        *_months(month, month_end=month_end, currency=currency, default=estimates.buckets.default),
        estimates.digest,
        posted and posted.pk,
        {code: rule(code, on=month_end) for code in RULES},
        [[each.pk, each.product, each.bucket, each.stage, each.amount_minor, str(each.share)] for each in overlays],
    ]
    return sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _months(month: date, *, month_end: date, currency: str, default: Sequence[str]) -> list[Any]:
    probation = max(policy.expected_loss(month_end).probation_months.values(), default=0)
    since = add_months(month, -max(probation, 1))
    past: dict[str, Any] = {"month": month, "currency": currency, "since": since, "default": list(default)}
    with connection.cursor() as cursor:
        cursor.execute(_BOOK, [month, currency])
        book = cursor.fetchone()
        cursor.execute(_PAST, past)
        return [*book, *cursor.fetchone()]
