"""How loans that began in the same month have fared, month by month, from one query."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from loans.models import Loan


@dataclass(frozen=True, slots=True)
class VintageMonth:
    """
    The loans of one currency that began in one month, up to the end of a month after that. Amounts in minor units.

    :param month: its first day. :param months_on_book: 0 for the month itself.
    :param late_30, late_90: that were ever more than so many days past due by then, as the nightly close found them;
        `*_principal` is what was lent with them.
    """

    currency: str
    month: date
    months_on_book: int
    loans: int
    principal: int
    late_30: int
    late_30_principal: int
    late_90: int
    late_90_principal: int


def vintages_of(loans: QuerySet[Loan], *, first: date, last: date, as_of: date, months: int) -> list[VintageMonth]:
    """
    Return the table of the loans that began from `first` to `last` and were paid out.

    :param as_of: nothing that the close found later counts; a month that had not ended by then is there as far as it
        had gone.
    :param months: on book, at most.
    """
    began = loans.filter(starts_on__range=(first, min(last, as_of))).exclude(status__in=Loan.NOT_PAID_OUT)
    try:
        asked, values = began.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return []
    names: dict[str, Any] = {f"asked_{place}": value for place, value in enumerate(values)}
    named = asked.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(_TABLE % {"asked": named}, {**names, "as_of": as_of, "months": months})
        return [VintageMonth(*row) for row in cursor.fetchall()]


# The placeholders of the query itself are doubled here, since the asked loans are put in first.
_TABLE = """
WITH asked (id) AS MATERIALIZED (%(asked)s), loan AS (
    SELECT loan.id, loan.currency, date_trunc('month', loan.starts_on)::date AS month, loan.principal_minor
    FROM asked JOIN loans_loan AS loan ON loan.id = asked.id
), late AS (
    SELECT change.loan_id, MIN(change.changed_on) FILTER (WHERE change.days_past_due > 30) AS since_30,
           MIN(change.changed_on) FILTER (WHERE change.days_past_due > 90) AS since_90
    FROM asked JOIN collections_mgmt_overduechange AS change ON change.loan_id = asked.id
    WHERE change.changed_on <= %%(as_of)s GROUP BY 1
), month AS (
    SELECT vintage.month, number,
           (vintage.month + make_interval(months => number + 1))::date AS next_month
    FROM (SELECT DISTINCT month FROM loan) AS vintage, generate_series(0, %%(months)s::int) AS number
    WHERE vintage.month + make_interval(months => number) <= %%(as_of)s::date
)
SELECT loan.currency, loan.month, month.number, COUNT(*), SUM(loan.principal_minor)::bigint,
       COUNT(*) FILTER (WHERE late.since_30 < month.next_month),
       COALESCE(SUM(loan.principal_minor) FILTER (WHERE late.since_30 < month.next_month), 0)::bigint,
       COUNT(*) FILTER (WHERE late.since_90 < month.next_month),
       COALESCE(SUM(loan.principal_minor) FILTER (WHERE late.since_90 < month.next_month), 0)::bigint
FROM loan JOIN month ON month.month = loan.month LEFT JOIN late ON late.loan_id = loan.id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
