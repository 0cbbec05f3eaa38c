"""
Which period a transaction repeats by, and how many of them lie between two days, as Regulation Z counts them.

Source: 12 CFR 1026, appendix J (b)(3) to (b)(5). The unit-period is the common period that occurs most often; full ones
are counted back from the later day, and odd days are parts of 30 days for months, 15 for half months, 7 for weeks.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from dashu.finance.periods import Period
from dashu.kernel.dates import add_months

_LENGTHS = {Period.DAY: 1, Period.WEEK: 7, Period.HALF_MONTH: 15}
_A_YEAR = {
    Period.DAY: 365,
    Period.WEEK: 52,
    Period.HALF_MONTH: 24,
    Period.MONTH: 12,
    Period.QUARTER: 4,
    Period.YEAR: 1,
}
_YEAR_DAYS = 365
_LAST_DAY = 31
_HALF = 15


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """`every` times a unit: (WEEK, 4) is four weeks, (MONTH, 2) two months, (DAY, 255) a term of 255 days."""

    unit: Period
    every: int = 1

    @property
    def a_year(self) -> Decimal:
        return Decimal(_A_YEAR[self.unit]) / self.every

    @property
    def months(self) -> int | None:
        """Whole months in one; None for days, weeks and half months."""
        return {Period.MONTH: self.every, Period.QUARTER: 3 * self.every, Period.YEAR: 12 * self.every}.get(self.unit)

    @property
    def length(self) -> int:
        """Days in one, with months of 30 days and years of 365."""
        if self.months is None:
            return _LENGTHS[self.unit] * self.every
        return _YEAR_DAYS if self.months == 12 else 30 * self.months


@dataclass(frozen=True, slots=True)
class Interval:
    """Full unit-periods, and the fraction of one that is left over."""

    full: int
    fraction: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.full + self.fraction


def unit_period_of(advances: Sequence[date], payments: Sequence[date]) -> UnitPeriod:
    """
    Return the unit-period by (b)(4), never above one year.

    Without a period that occurs twice it is the standard interval nearest to the average period.

    :param advances, payments: different days each, rising; the term begins with the first advance.
    """
    if len(advances) == 1 and len(payments) == 1:
        return _whole_term(advances[0], payments[0])
    common = common_period(advances, payments)
    if common is not None:
        return common
    periods = [(later - earlier).days for earlier, later in _periods(advances, payments)]
    average = Decimal(sum(periods)) / len(periods)
    return min(_STANDARD, key=lambda interval: (abs(interval.length - average), interval.length))


def common_period(advances: Sequence[date], payments: Sequence[date]) -> UnitPeriod | None:
    """Return the standard interval that occurs most often, the shorter of equals; None if none occurs twice."""
    counts: Counter[UnitPeriod] = Counter()
    for earlier, later in _periods(advances, payments):
        counts.update(_names(earlier, later))
    if _falls_twice_a_month(payments):
        counts[UnitPeriod(Period.HALF_MONTH)] = len(payments) - 1
    common = [interval for interval, count in counts.items() if count > 1]
    if not common:
        return None
    return min(common, key=lambda interval: (-counts[interval], interval.length))


def counted(start: date, day: date, unit: UnitPeriod, *, series: Sequence[date] = ()) -> Interval:
    """
    Return the unit-periods from `start` to `day` by (b)(5).

    :param series: the days of the payments, which say whether months run to the last day or to a 29th or 30th.
    """
    days = (day - start).days
    if unit.unit in (Period.DAY, Period.WEEK):
        return _divided(days, unit.length)
    aim = series_day(start, series, day)
    months, rest = months_and_days(start, day, aim)
    if unit.months == 1:
        return Interval(months, Decimal(rest) / 30)
    if unit.months == 12:
        return _years(start, day, months, rest, aim)
    return _divided(30 * months + rest, unit.length)


def months_and_days(start: date, day: date, aim: int) -> tuple[int, int]:
    """Return the full months counted back from `day` to the day `aim` of each month, and the days left over."""
    months = max((day.year - start.year) * 12 + day.month - start.month, 0)
    while months and add_months(day, -months, day=aim) < start:
        months -= 1
    return months, ((add_months(day, -months, day=aim) if months else day) - start).days


def series_day(start: date, series: Sequence[date], day: date) -> int:
    """Return the day of the month that a series aims at: 30 for 30 Jan and 28 Feb, 31 for the last day of each."""
    days = series if day in series else (day,)
    if all(map(is_month_end, (start, *days))):
        return _LAST_DAY
    aim = max(one.day for one in days)
    return aim if all(one == _on(one, aim) for one in days) else day.day


def is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def _whole_term(start: date, end: date) -> UnitPeriod:
    """The unit-period of one advance and one payment: the term, in months where it is whole months, at most a year."""
    days = (end - start).days
    aim = _LAST_DAY if is_month_end(start) and is_month_end(end) else end.day
    months, rest = months_and_days(start, end, aim)
    if months >= 12:
        return UnitPeriod(Period.YEAR)
    return UnitPeriod(Period.DAY, max(days, 1)) if rest or not months else UnitPeriod(Period.MONTH, months)


def _years(start: date, day: date, months: int, rest: int, aim: int) -> Interval:
    years, beyond = divmod(months, 12)
    if not rest:
        return Interval(years, Decimal(beyond) / 12)
    odd = (add_months(day, -12 * years, day=aim) - start).days
    return Interval(years, Decimal(odd) / _YEAR_DAYS)


def _divided(days: int, length: int) -> Interval:
    full, rest = divmod(days, length)
    return Interval(full, Decimal(rest) / length)


def _periods(advances: Sequence[date], payments: Sequence[date]) -> list[tuple[date, date]]:
    """The times between advances, from the first of them to the first payment, and between payments: (b)(3)(i)."""
    first = [(advances[0], payments[0])] if payments[0] > advances[0] else []
    return [*pairwise(advances), *first, *pairwise(payments)]


def _names(earlier: date, later: date) -> set[UnitPeriod]:
    """Return every standard interval that a period is equal to; 28 days of February are 4 weeks and a month."""
    days = (later - earlier).days
    named = {UnitPeriod(Period.DAY)} if days == 1 else set()
    if days % 7 == 0 and 0 < days <= 52 * 7:
        named.add(UnitPeriod(Period.WEEK, days // 7))
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    if 1 <= months <= 12 and _is_same_day_of_month(earlier, later):
        named.add(_of_months(months))
    if _is_half_month(earlier, later):
        named.add(UnitPeriod(Period.HALF_MONTH))
    return named


def _of_months(months: int) -> UnitPeriod:
    return UnitPeriod(Period.YEAR) if months == 12 else UnitPeriod(Period.MONTH, months)


def _is_same_day_of_month(earlier: date, later: date) -> bool:
    if earlier.day == later.day or (is_month_end(later) and earlier.day > later.day):
        return True
    return is_month_end(earlier) and later.day > earlier.day


def _is_half_month(earlier: date, later: date) -> bool:
    """Whether the days are a pair 15 days apart, such as the 1st and 16th or the 15th and the last."""
    if earlier.day <= _HALF:
        return later == add_months(earlier, 0, day=_LAST_DAY if earlier.day == _HALF else earlier.day + _HALF) or (
            later == add_months(earlier, 0, day=earlier.day + _HALF)
        )
    if is_month_end(earlier):
        return later in (add_months(earlier, 1, day=_HALF), add_months(earlier, 1, day=earlier.day - _HALF))
    return later == add_months(earlier, 1, day=earlier.day - _HALF)


def _falls_twice_a_month(days: Sequence[date]) -> bool:
    """Whether payments fall on the same two days of every month, such as the 1st and 15th, without a gap."""
    early, late = min(day.day for day in days), max(day.day for day in days)
    if len(days) < 4 or early > _HALF or any(day not in (_on(day, early), _on(day, late)) for day in days):
        return False
    return all(_halves(later, early) - _halves(earlier, early) == 1 for earlier, later in pairwise(days))


def _halves(day: date, early: int) -> int:
    return 2 * (12 * day.year + day.month) + (day.day != early)


def _on(day: date, aim: int) -> date:
    return add_months(day, 0, day=aim)


_STANDARD = (
    UnitPeriod(Period.DAY),
    UnitPeriod(Period.HALF_MONTH),
    *(UnitPeriod(Period.WEEK, weeks) for weeks in range(1, 53)),
    *(_of_months(months) for months in range(1, 13)),
)
