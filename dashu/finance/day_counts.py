"""
Day counts: how many days lie between two dates, and what part of a year they are.

The same two dates make different parts of a year for different lenders, so each convention has its own name here:

- `30/360`: ISDA 2006 definitions 4.16(f), "bond basis". The 31st is the 30th; February is as long as it is.
- `30/360 US`: the same with the SIA/NASD rule for the end of February (Lynch and Mayle, Standard Securities
  Calculation Methods, 1986; FIX 5.0 SP2, DayCount 1): a period that starts on the last day of February starts on a
  30th, and one that also ends on such a day ends on a 30th.
- `30E/360`: 4.16(g), "Eurobond basis". Every 31st is the 30th.
- `30E/360 ISDA`: 4.16(h). Every last day of a month is a 30th, but for a last day of February that ends the contract.
- `actual/365` (fixed), `actual/360`: 4.16(d) and (e).
- `actual/actual`: 4.16(b), "ISDA". A day belongs to the year it lies in; the first day of a period counts and the last
  does not, so 31 December still belongs to the old year.
- `actual/actual 31 December`: the first day does not count and the last does, so the year turns at 31 December. Apache
  Fineract splits its periods there (ProgressiveEMICalculator.calculatePeriodFractions), unless a product recognizes
  interest on the day of disbursement; then it is `actual/actual`.
- `actual/actual AFB`: the French banks' rule as in the ISDA memorandum "The Actual/Actual Day Count Fraction" (1999):
  whole years are counted back from the end, and the rest is divided by 366 if it holds a 29 February, else by 365.
"""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dashu.kernel.dates import add_months


class DayCount(StrEnum):
    THIRTY_360 = "30/360"
    THIRTY_360_US = "30/360 US"
    THIRTY_E_360 = "30E/360"
    THIRTY_E_360_ISDA = "30E/360 ISDA"
    ACTUAL_365 = "actual/365"
    ACTUAL_360 = "actual/360"
    ACTUAL_ACTUAL = "actual/actual"
    ACTUAL_ACTUAL_31_DECEMBER = "actual/actual 31 December"
    ACTUAL_ACTUAL_AFB = "actual/actual AFB"

    @property
    def has_30_day_months(self) -> bool:
        """Whether a whole month is 30 days of a year of 360, whatever the calendar says."""
        return self in _THIRTY_DAY_MONTHS


_THIRTY_DAY_MONTHS = frozenset(
    {DayCount.THIRTY_360, DayCount.THIRTY_360_US, DayCount.THIRTY_E_360, DayCount.THIRTY_E_360_ISDA}
)
_ONE_DAY = timedelta(days=1)


def days_between(start: date, end: date, basis: DayCount, *, ends_on: date | None = None) -> int:
    """
    Return the days from `start` to `end` as `basis` counts them; negative when `end` is earlier.

    :param ends_on: the last day of the contract, which only `30E/360 ISDA` asks for; None: it is not `end`.
    """
    if basis not in _THIRTY_DAY_MONTHS:
        return (end - start).days
    first, last = start.day, end.day
    if basis is DayCount.THIRTY_E_360:
        first, last = min(first, 30), min(last, 30)
    elif basis is DayCount.THIRTY_E_360_ISDA:
        first = 30 if _ends_month(start) else first
        last = 30 if _ends_month(end) and not (end.month == 2 and end == ends_on) else last
    else:
        if basis is DayCount.THIRTY_360_US and start.month == 2 and _ends_month(start):
            first = 30
            last = 30 if end.month == 2 and _ends_month(end) else last
        first = min(first, 30)
        last = 30 if last == 31 and first == 30 else last
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + (last - first)


def year_fraction(start: date, end: date, basis: DayCount, *, ends_on: date | None = None) -> Decimal:
    """
    Return the part of a year from `start` to `end`, rounded once, to 28 digits; negative when `end` is earlier.

    :param ends_on: as in `days_between`.
    """
    if basis is DayCount.ACTUAL_365:
        return Decimal((end - start).days) / 365
    if basis is DayCount.ACTUAL_360:
        return Decimal((end - start).days) / 360
    if basis in _THIRTY_DAY_MONTHS:
        return Decimal(days_between(start, end, basis, ends_on=ends_on)) / 360
    if start > end:
        return -year_fraction(end, start, basis)
    if basis is DayCount.ACTUAL_ACTUAL_AFB:
        return _by_years_back(start, end)
    if basis is DayCount.ACTUAL_ACTUAL_31_DECEMBER:
        return _by_calendar_years(start + _ONE_DAY, end + _ONE_DAY)
    return _by_calendar_years(start, end)


def _by_calendar_years(start: date, end: date) -> Decimal:
    """Divide the days of each year, the first of the period included and the last not, by the length of that year."""
    if start.year == end.year:
        return Decimal((end - start).days) / _days_in_year(start.year)
    days_at_start, days_at_end = (date(start.year + 1, 1, 1) - start).days, (end - date(end.year, 1, 1)).days
    first, last, whole = _days_in_year(start.year), _days_in_year(end.year), end.year - start.year - 1
    return Decimal(days_at_start * last + days_at_end * first + whole * first * last) / (first * last)


def _by_years_back(start: date, end: date) -> Decimal:
    years = end.year - start.year
    if _years_before(end, years) < start:
        years -= 1
    rest_ends = _years_before(end, years)
    length = 366 if _has_leap_day(start, rest_ends) else 365
    return Decimal(years * length + (rest_ends - start).days) / length


def _years_before(day: date, years: int) -> date:
    """Return the day `years` earlier; the 28th or 29th of February goes back to the last day of February."""
    ends_february = years > 0 and day.month == 2 and day.day >= 28
    return add_months(day, -12 * years, day=31 if ends_february else None)


def _has_leap_day(start: date, end: date) -> bool:
    """Whether a 29 February is in a period of at most a year, its first day included and its last not."""
    return any(_is_leap(year) and start <= date(year, 2, 29) < end for year in {start.year, end.year})


def _ends_month(day: date) -> bool:
    return (day + _ONE_DAY).day == 1


def _days_in_year(year: int) -> int:
    return 366 if _is_leap(year) else 365


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
