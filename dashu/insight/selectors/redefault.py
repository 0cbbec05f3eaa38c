"""What became of loans after a plan of relief, month by month, from the snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from dashu.insight.scope import Scope
from dashu.kernel.shares import Share

LATE_DAYS = 30
HALF_YEAR, YEAR = 6, 12


@dataclass(frozen=True, slots=True)
class Restructured:
    """
    Loans by the month in which their plan was accepted, or by the method of the plan.

    :param month, method: None where they stand for all.
    :param loans: of which a plan was accepted and not taken back; another due day is no plan of relief.
    :param half, year: of those whose 6 or 12 months are over and all kept, those that were more than `LATE_DAYS` days
        past due at the end of one of these months, or were given up or sold within them.
    """

    month: date | None
    method: str | None
    loans: int
    half: Share
    year: Share


# A loan counts once in a month, with its first plan of it. The months after that of the plan say what came of it.
_FOUND = """
WITH plan AS (
    SELECT DISTINCT ON (plan.loan_id, date_trunc('month', plan.accepted_on))
           plan.loan_id, plan.method, date_trunc('month', plan.accepted_on)::date AS month
    FROM collections_mgmt_restructuringplan AS plan
    JOIN loans_loan AS loan ON loan.id = plan.loan_id
    JOIN loans_productterms AS terms ON terms.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = terms.product_id
    WHERE plan.status <> 'WITHDRAWN' AND plan.flag <> ''
      AND loan.currency = %(currency)s AND %(product)s IN ('', product.code)
      AND plan.accepted_on >= %(first)s AND plan.accepted_on < %(last)s::date + interval '1 month'
    ORDER BY plan.loan_id, date_trunc('month', plan.accepted_on), plan.id
), followed AS (
    SELECT plan.month, plan.method, late.months AS late_after, known.half, known.year
    FROM plan CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE month <= plan.month + make_interval(months => %(half)s)) = %(half)s AS half,
               count(*) = %(year)s AS year
        FROM unnest(%(kept)s::date[]) AS month
        WHERE month > plan.month AND month <= plan.month + make_interval(months => %(year)s)
    ) AS known
    CROSS JOIN LATERAL (
        SELECT min((extract(year FROM age(kept.month, plan.month)) * 12
                    + extract(month FROM age(kept.month, plan.month)))::int) AS months
        FROM collections_mgmt_loanmonth AS kept
        WHERE kept.loan_id = plan.loan_id AND kept.month > plan.month
          AND kept.month <= plan.month + make_interval(months => %(year)s)
          AND (kept.days_past_due > %(days)s OR kept.status IN ('CHARGED_OFF', 'WRITTEN_OFF', 'SOLD'))
    ) AS late
)
SELECT month, method, count(*),
       count(*) FILTER (WHERE half AND late_after <= %(half)s), count(*) FILTER (WHERE half),
       count(*) FILTER (WHERE year AND late_after <= %(year)s), count(*) FILTER (WHERE year)
FROM followed GROUP BY GROUPING SETS ((month), (method)) ORDER BY month NULLS LAST, count(*) DESC, method
"""


def restructured(scope: Scope, *, kept: Sequence[date]) -> tuple[Sequence[Restructured], Sequence[Restructured]]:
    """
    Return what became of loans whose plan was accepted within the scope, by month and by method.

    :param kept: the months of which there is a snapshot. What came after the scope is not looked at.
    """
    given: dict[str, Any] = {
        "currency": scope.currency,
        "product": scope.product,
        "first": scope.first,
        "last": scope.last,
        "kept": [month for month in kept if month <= scope.last],
        "days": LATE_DAYS,
        "half": HALF_YEAR,
        "year": YEAR,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, given)
        rows = cursor.fetchall()
    found = [
        Restructured(month, method, loans, Share(late_6, half), Share(late_12, year))
        for month, method, loans, late_6, half, late_12, year in rows
    ]
    return [row for row in found if row.month is not None], [row for row in found if row.method is not None]
