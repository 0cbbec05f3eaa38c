"""The loans that followed decisions with a score, and how far behind they came to be, from the snapshot."""

from datetime import date
from typing import Any

from django.db import connection

from dashu.insight.domain.score_results import Scored
from dashu.insight.scope import Scope
from dashu.kernel.dates import LENDER_ZONE

DECIDER = ""  # the points of whichever scorecard decided

# One decision of rules for each application, the latest; a loan paid in parts counts once, by its first part.
_LENT = """
WITH decided AS (
    SELECT DISTINCT ON (application_id) application_id,
           date_trunc('month', decided_at AT TIME ZONE %(zone)s)::date AS month,
           CASE WHEN %(card)s IN ('', scorecard) THEN score ELSE (challenger ->> %(card)s)::int END AS points
    FROM loans_creditreview
    WHERE decided_by_id IS NULL AND score IS NOT NULL
      AND decided_at >= %(first)s::timestamp AT TIME ZONE %(zone)s
      AND decided_at < (%(last)s::date + interval '1 month') AT TIME ZONE %(zone)s
    ORDER BY application_id, id DESC
), lent AS (
    SELECT decided.month, decided.points, loan.id AS loan_id,
           (date_trunc('month', loan.starts_on) + make_interval(months => %(after)s))::date AS until
    FROM decided
    JOIN loans_loancontract AS contract ON contract.application_id = decided.application_id
    JOIN loans_tranche AS tranche ON tranche.contract_id = contract.id AND tranche.number = 1
    JOIN loans_loan AS loan ON loan.id = tranche.loan_id
    JOIN loans_productterms AS terms ON terms.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = terms.product_id
    WHERE decided.points IS NOT NULL AND loan.status NOT IN ('APPROVED', 'CANCELLED')
      AND loan.currency = %(currency)s AND %(product)s IN ('', product.code)
)
"""
# What the latest month up to the end of the time says of a loan that ended before it stays true.
_OUTCOMES = f"""
{_LENT}
SELECT lent.month, lent.points, kept.worst_days_past_due > %(days)s, count(*)
FROM lent CROSS JOIN LATERAL (
    SELECT worst_days_past_due FROM collections_mgmt_loanmonth AS snapshot
    WHERE snapshot.loan_id = lent.loan_id AND snapshot.month <= lent.until
    ORDER BY snapshot.month DESC LIMIT 1
) AS kept
WHERE lent.until <= %(latest)s
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608 – its parts are written here


def scored_loans(scope: Scope, *, card: str, days: int, after: int, latest: date) -> list[Scored]:
    """
    Return the loans that were decided on within the scope, by month of decision, points and outcome.

    :param card: the scorecard whose points count, also where it was only watched; `DECIDER` for whichever decided.
    :param days: bad is a loan that was ever more than so many days past due.
    :param after: months on book, which have passed at the end of `latest` for all that are returned.
    """
    given: dict[str, Any] = {
        "zone": LENDER_ZONE.key,
        "first": scope.first,
        "last": scope.last,
        "card": card,
        "currency": scope.currency,
        "product": scope.product,
        "days": days,
        "after": after,
        "latest": latest,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, given)
        return [Scored(*row) for row in cursor.fetchall()]
