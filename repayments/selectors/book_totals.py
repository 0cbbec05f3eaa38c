"""The sums of the book on a past day, made by the database: one row for each state in which loans can be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import connection
from django.db.models import QuerySet

from loans.models import Loan
from repayments.selectors.book_on import EVERY_LOAN, Picked
from repayments.selectors.book_sql import book_sql

STATES = ("status", "bucket", "classification")


@dataclass(frozen=True, slots=True)
class Sums:
    """
    Amounts in minor units, of one currency.

    :param at_risk_30, at_risk_60, at_risk_90: outstanding principal of the loans that are more than so many days past
        due.
    """

    loans: int = 0
    principal: int = 0
    interest: int = 0
    fee: int = 0
    penalty: int = 0
    credit: int = 0
    overdue: int = 0
    at_risk_30: int = 0
    at_risk_60: int = 0
    at_risk_90: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) + getattr(other, name) for name in SUMMED))

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) - getattr(other, name) for name in SUMMED))


SUMMED = tuple(field.name for field in fields(Sums))


@dataclass(frozen=True, slots=True)
class Cell:
    """The sums of the loans of one currency that share status, bucket and classification."""

    currency: str
    status: str
    bucket: str
    classification: str
    sums: Sums


def totals_on(
    loans: QuerySet[Loan], *, as_of: date, known_at: datetime | None = None, picked: Picked = EVERY_LOAN
) -> list[Cell]:
    """
    Return the sums of `book_on` by state, from one query.

    :param loans, known_at: as there.
    """
    query = book_sql(picked.loans(loans), as_of=as_of, known_at=known_at)
    if query is None:
        return []
    condition, given = picked.condition()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT currency, status, bucket, classification, COUNT(*), SUM(principal)::bigint, SUM(interest)::bigint,
                   SUM(fee)::bigint, SUM(penalty)::bigint, SUM(credit)::bigint,
                   SUM(overdue_principal + overdue_interest + overdue_fee)::bigint,
                   SUM(CASE WHEN days_past_due > 30 THEN principal ELSE 0 END)::bigint,
                   SUM(CASE WHEN days_past_due > 60 THEN principal ELSE 0 END)::bigint,
                   SUM(CASE WHEN days_past_due > 90 THEN principal ELSE 0 END)::bigint
            FROM {query[0]} AS book WHERE {condition} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
            """,  # noqa: S608 – constants and named parameters
            {**query[1], **given},
        )
        return [
            Cell(currency, status, bucket, classification, Sums(*sums))
            for currency, status, bucket, classification, *sums in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class CurrencyTotals:
    """The sums of one currency: of all its loans, and by status, bucket and classification."""

    currency: str
    sums: Sums
    status: Mapping[str, Sums]
    bucket: Mapping[str, Sums]
    classification: Mapping[str, Sums]

    def __sub__(self, then: "CurrencyTotals") -> "CurrencyTotals":
        """Return by how much these are more; a state that only one of the two has is 0 in the other."""
        by_state = {name: _difference(getattr(self, name), getattr(then, name)) for name in STATES}
        return CurrencyTotals(self.currency, self.sums - then.sums, **by_state)


def by_currency(cells: Iterable[Cell]) -> dict[str, CurrencyTotals]:
    """Return the cells of `totals_on` added up for each currency."""
    by_code: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_code[cell.currency].append(cell)
    return {currency: _added_up(currency, found) for currency, found in by_code.items()}


@dataclass(frozen=True, slots=True)
class ToldTotals:
    """
    The totals of a day as they are asked for.

    :param difference: what is known now less what was known then; None when what is known now was asked for.
    """

    totals: CurrencyTotals
    difference: CurrencyTotals | None


def told_totals(
    loans: QuerySet[Loan], *, as_of: date, known_at: datetime | None = None, picked: Picked = EVERY_LOAN
) -> list[ToldTotals]:
    """Return the totals of each currency, with what has been learned of the day since `known_at`, if one is given."""
    now = by_currency(totals_on(loans, as_of=as_of, picked=picked))
    if known_at is None:
        return [ToldTotals(totals, None) for totals in now.values()]
    then = by_currency(totals_on(loans, as_of=as_of, known_at=known_at, picked=picked))
    none = {currency: CurrencyTotals(currency, Sums(), {}, {}, {}) for currency in {*now, *then}}
    before, after = none | then, none | now
    return [ToldTotals(before[currency], after[currency] - before[currency]) for currency in sorted(none)]


def _added_up(currency: str, cells: Iterable[Cell]) -> CurrencyTotals:
    whole = Sums()
    by_state: dict[str, dict[str, Sums]] = {name: {} for name in STATES}
    for cell in cells:
        whole += cell.sums
        for name, sums in by_state.items():
            code = getattr(cell, name)
            sums[code] = sums.get(code, Sums()) + cell.sums
    return CurrencyTotals(currency, whole, **by_state)


def _difference(now: Mapping[str, Sums], then: Mapping[str, Sums]) -> dict[str, Sums]:
    return {code: now.get(code, Sums()) - then.get(code, Sums()) for code in dict.fromkeys([*then, *now])}
