"""
Vintage curves: of the loans paid out in one month, how many were ever far behind, by months on book.

A loan that ended stays in the curve as it was when it ended, so that a curve never falls.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from collections_mgmt.domain.desk_figures import GONE, NEW

DEGREES = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class Sums:
    """
    Loans of one vintage that went one way within a month, as `PortfolioMonth` sums them up.

    :param ever, ever_lent: for each of `DEGREES`, the loans that were ever more than so many days behind, and what was
        lent with them.
    """

    vintage: date
    month: date
    before: str
    bucket: str
    loans: int
    lent: int
    ever: Sequence[int]
    ever_lent: Sequence[int]


@dataclass(frozen=True, slots=True)
class Point:
    """:param ever, ever_lent: for each of `DEGREES`; None from the first month on that is not known."""

    vintage: date
    age: int
    loans: int
    lent: int
    ever: Sequence[int] | None
    ever_lent: Sequence[int] | None


def curves(
    rows: Iterable[Sums], months: Sequence[date], *, came_back: Iterable[Sums] = (), missing: Collection[date] = ()
) -> list[Point]:
    """
    Return the points of each vintage whose month of payout is among the months, by vintage and age.

    :param rows: of every month from the payout on.
    :param months: in their order, without a gap; those that are `missing` have no rows.
    :param came_back: loans that run again after they had ended, in the month in which they do so, as they were when
        they ended.
    """
    by_vintage: dict[date, list[Sums]] = {}
    for row in rows:
        by_vintage.setdefault(row.vintage, []).append(row)
    returned = list(came_back)
    return [
        point
        for vintage in sorted(by_vintage)
        if vintage in months and vintage not in missing
        for point in _curve(
            vintage,
            by_vintage[vintage],
            [row for row in returned if row.vintage == vintage],
            [month for month in months if month >= vintage],
            missing,
        )
    ]


def _curve(
    vintage: date, rows: list[Sums], came_back: list[Sums], months: Sequence[date], missing: Collection[date]
) -> Iterable[Point]:
    began = [row for row in rows if row.before == NEW]  # one that was recorded late is new in a later month
    loans, lent = sum(row.loans for row in began), sum(row.lent for row in began)
    ended = [0] * (2 * len(DEGREES))
    is_known = True
    for age, month in enumerate(months):
        is_known = is_known and month not in missing
        if not is_known:
            yield Point(vintage, age, loans, lent, None, None)
            continue
        of_month = [row for row in rows if row.month == month]
        ended = _added(ended, [row for row in of_month if row.bucket in GONE and row.before not in GONE])
        ended = _added(ended, [row for row in came_back if row.month == month], sign=-1)
        ever = _added(ended, [row for row in of_month if row.bucket not in GONE])
        yield Point(vintage, age, loans, lent, ever[: len(DEGREES)], ever[len(DEGREES) :])


def _added(totals: list[int], rows: Iterable[Sums], *, sign: int = 1) -> list[int]:
    for row in rows:
        totals = [total + sign * value for total, value in zip(totals, [*row.ever, *row.ever_lent], strict=True)]
    return totals
