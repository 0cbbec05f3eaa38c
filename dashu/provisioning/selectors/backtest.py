"""What was foreseen a year ago, against what came: defaults within twelve months, bucket by bucket."""

from calendar import monthrange
from datetime import date
from typing import Any

from django.db import connection

from collections_mgmt.models import LoanMonth
from dashu.kernel.dates import add_months
from dashu.policy.selectors import PolicyRuleMissing
from dashu.provisioning.estimates import estimate

_CAME = """
    SELECT began.product, began.bucket, COUNT(*), COUNT(lost.loan_id)
    FROM collections_mgmt_loanmonth AS began
    LEFT JOIN (
        SELECT DISTINCT loan_id FROM collections_mgmt_loanmonth
        WHERE month > %(began)s AND month <= %(last)s AND bucket = ANY(%(lost)s)
    ) AS lost ON lost.loan_id = began.loan_id
    WHERE began.month = %(began)s AND began.currency = %(currency)s AND began.bucket = ANY(%(running)s)
    GROUP BY 1, 2
"""


def backtest(month: date, *, currency: str) -> list[dict[str, Any]]:
    """
    Return for each product and bucket of a year before: loans, defaults foreseen and defaults that came.

    What was foreseen is estimated anew from the months up to that day alone, in the plainest scenario. It foresees more
    where loans end within the year, because a probability of twelve months is asked for of each.

    :returns: `{"product", "bucket", "loans", "foreseen", "came"}`, `foreseen` with two digits as text; empty when the
        snapshot does not reach back.
    """
    began = add_months(month, -12)
    if not LoanMonth.objects.filter(month=began, currency=currency).exists():
        return []
    began_end = began.replace(day=monthrange(began.year, began.month)[1])
    try:
        then = estimate(began, month_end=began_end, currency=currency)
    except PolicyRuleMissing:
        return []
    buckets = then.buckets
    with connection.cursor() as cursor:
        cursor.execute(
            _CAME,
            {
                "began": began,
                "last": month,
                "currency": currency,
                "lost": list(buckets.lost),
                "running": list(buckets.running),
            },
        )
        rows = cursor.fetchall()
    order = {bucket: place for place, bucket in enumerate(buckets.running)}
    return [
        {
            "product": product,
            "bucket": bucket,
            "loans": loans,
            "foreseen": str(round(sum(then.curve(product, bucket)[:12]) * loans, 2)),
            "came": came,
        }
        for product, bucket, loans, came in sorted(rows, key=lambda row: (row[0], order[row[1]]))
    ]
