"""
Floating rates: a published rate plus a margin, set anew on the days that the contract names.

A rate table is data: the day from which a rate holds and the rate, until the next row. Between two repricing days the
contract's rate stands still, whatever is published. The rate of a repricing day is the latest one published by then:
PBC announcement 2019 No. 16 asks for "the LPR of the latest month" at the repricing day, and the LPR of a month holds
until the next is published. A contract that looks at the day before the repricing day says so with `lag_days`.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import count, pairwise, takewhile

from dashu.kernel.dates import add_months
from dashu.kernel.errors import DomainError, _

_BASIS_POINT = Decimal("0.0001")


class Reprice(StrEnum):
    """When a floating rate is set anew; every rule sets it on the first day of the loan."""

    FIXED = "fixed"
    EACH_JANUARY = "each_january"
    EACH_ANNIVERSARY = "each_anniversary"
    EACH_PERIOD = "each_period"


class InvalidRateTable(DomainError):
    """The rows of a rate table are empty, out of order, or hold a rate outside 0 to 10."""

    code = "invalid_rate_table"


class RateUnknown(DomainError):
    """The rate table starts later than the day that is asked for."""

    code = "rate_unknown"


@dataclass(frozen=True, slots=True)
class RateTable:
    """
    One published rate.

    :param rows: the first day that a rate holds and the annual rate, a fraction; oldest first.
    :param confirmed_through: the latest day for which the publications were looked through; None: all of them.
    """

    code: str
    rows: tuple[tuple[date, Decimal], ...]
    confirmed_through: date | None = None

    def __post_init__(self) -> None:
        in_order = all(earlier < later for (earlier, _rate), (later, _later_rate) in pairwise(self.rows))
        if not self.rows or not in_order or not all(0 <= rate <= 10 for _day, rate in self.rows):
            raise InvalidRateTable(
                _("The rate table %(table)s needs rows in order of their dates, with rates between 0 and 10."),
                field="rate_table",
                params={"table": self.code},
            )

    def rate_on(self, day: date, *, field: str = "disbursed_on") -> Decimal:
        """
        Return the annual rate that holds on the day.

        :raises RateUnknown: the day is before the first row.
        """
        reached = bisect_right(self.rows, day, key=lambda row: row[0])
        if reached == 0:
            raise RateUnknown(
                _("The rate table %(table)s starts on %(first)s. There is no rate for %(day)s."),
                field=field,
                params={"table": self.code, "first": self.rows[0][0].isoformat(), "day": day.isoformat()},
            )
        return self.rows[reached - 1][1]

    def is_confirmed(self, day: date) -> bool:
        """Whether the rate of the day is final; else it is the latest known one, carried forward."""
        return self.confirmed_through is None or day <= self.confirmed_through


def repriced(
    table: RateTable,
    margin_bps: int,
    reprice: Reprice,
    start: date,
    end: date,
    *,
    due_dates: Sequence[date] = (),
    lag_days: int = 0,
) -> tuple[tuple[date, Decimal], ...]:
    """
    Return the contract's annual rates and the days from which they hold: `start` first, then each change before `end`.

    A repricing that leaves the rate as it is is not listed, so that no period is split for nothing. A margin below 0
    never takes the rate below 0.

    :param margin_bps: hundredths of a percent that are added to the published rate.
    :param due_dates: for `each_period`: the next period's rate is set on each of them.
    :param lag_days: how many days before a repricing day the published rate is looked at.
    :raises RateUnknown: the table starts after the first day that is looked at.
    """
    rates: list[tuple[date, Decimal]] = []
    for day in (start, *_repricing_days(reprice, start, end, due_dates)):
        published = table.rate_on(day - timedelta(days=lag_days))
        rate = max(Decimal(0), published + margin_bps * _BASIS_POINT)
        if not rates or rate != rates[-1][1]:
            rates.append((day, rate))
    return tuple(rates)


def _repricing_days(reprice: Reprice, start: date, end: date, due_dates: Sequence[date]) -> list[date]:
    """Return the days after `start` and before `end`, oldest first."""
    if reprice is Reprice.EACH_JANUARY:
        return [date(year, 1, 1) for year in range(start.year + 1, end.year + 1) if date(year, 1, 1) < end]
    if reprice is Reprice.EACH_ANNIVERSARY:
        return list(takewhile(lambda day: day < end, (add_months(start, 12 * years) for years in count(1))))
    if reprice is Reprice.EACH_PERIOD:
        return sorted(day for day in due_dates if start < day < end)
    return []
