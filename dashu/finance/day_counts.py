"""
Day counts: how many days lie between two dates, and what part of a year they are.

Source: ISDA 2006 definitions, section 4.16 (30/360 (f), 30E/360 (g), actual/365 fixed (d), actual/360 (e),
actual/actual (b)).
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum


class DayCount(StrEnum):
    THIRTY_360 = "30/360"
    THIRTY_E_360 = "30E/360"
    ACTUAL_365 = "actual/365"
    ACTUAL_360 = "actual/360"
    ACTUAL_ACTUAL = "actual/actual"


def days_between(start: date, end: date, basis: DayCount) -> int:
    """Return the days from `start` (excluded) to `end` (included) as `basis` counts them."""
    if basis in (DayCount.THIRTY_360, DayCount.THIRTY_E_360):
        first, last = start.day, end.day
        if basis is DayCount.THIRTY_E_360:
            first, last = min(first, 30), min(last, 30)
        else:
            first = min(first, 30)
            last = 30 if last == 31 and first == 30 else last
        return (end.year - start.year) * 360 + (end.month - start.month) * 30 + (last - first)
    return (end - start).days


def year_fraction(start: date, end: date, basis: DayCount) -> Decimal:
    """Return the part of a year from `start` to `end`, a fraction to 28 digits."""
    days = days_between(start, end, basis)
    if basis is DayCount.ACTUAL_365:
        return Decimal(days) / 365
    if basis is DayCount.ACTUAL_ACTUAL:
        return _actual_actual(start, end)
    return Decimal(days) / 360


def _actual_actual(start: date, end: date) -> Decimal:
    total = Decimal(0)
    while start < end:
        year_end = min(end, date(start.year + 1, 1, 1))
        total += Decimal((year_end - start).days) / _days_in_year(start.year)
        start = year_end
    return total


def _days_in_year(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days
