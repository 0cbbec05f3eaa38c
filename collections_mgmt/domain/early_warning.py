"""
What fires a trigger, on plain values: the measure that the SQL of the night is held against, row by row.

Each function returns whether its trigger fires. Thresholds are met when they are reached.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from dashu.kernel.dates import add_months

OF_A_TIME = 3  # installments, whose days late are averaged
STALE_DAYS = 183  # a series that was last told longer ago says nothing of today


def pays_later(days: Sequence[int], *, later_days: int, least_days: int) -> bool:
    """
    Return whether the last three installments were paid later than the three before.

    :param days: days late of the installments paid last, at most six, the oldest first; early is negative.
    """
    last, before = days[-OF_A_TIME:], days[:-OF_A_TIME][-OF_A_TIME:]
    if not before:
        return False
    return _hundredths(last) - _hundredths(before) >= later_days * 100 and _hundredths(last) >= least_days * 100


def only_the_least(paid: Sequence[tuple[int, int]], *, payments: int) -> bool:
    """:param paid: (what came, what was asked for) in minor units, the oldest first."""
    last, before = paid[-payments:], paid[:-payments][-payments:]
    return (
        len(last) == payments
        and all(came == asked for came, asked in last)
        and any(came > asked for came, asked in before)
    )


def many_inquiries(days: Sequence[date], *, on: date, inquiries: int, within_days: int) -> bool:
    return sum(on - timedelta(days=within_days) < day <= on for day in days) >= inquiries


def newly_overdue(worst_days: int, worst_before: int, *, days: int) -> bool:
    """:param worst_before: 0 where nothing is known from before."""
    return worst_days >= days > worst_before


def income_dropped(
    told: Sequence[tuple[date, int]], *, on: date, months: int, drop: Decimal, least_credits: int
) -> bool:
    """
    Return whether all that came in the month up to a credit is less than the mean of the same months before.

    A month of which nothing is known counts as nothing, so that nobody's fall is made larger by it.

    :param told: (day, minor units). :param on: the day of the credit. :param months: that the mean is of.
    """
    since, first = _months_before(on, 1), _months_before(on, months + 1)
    now = sum(minor for day, minor in told if since < day <= on)
    before = [minor for day, minor in told if first < day <= since]
    return len(before) >= least_credits and now <= Fraction(sum(before), months) * (1 - Fraction(drop))


def income_is_late(latest: date, *, on: date, days: int) -> bool:
    """Return whether the income that was to come a month after the latest is, on this day, first more than late."""
    return add_months(latest, 1) + timedelta(days=days + 1) == on


def revenue_dropped(months: Sequence[int], year_before: Sequence[int], *, drop: Decimal, count: int) -> bool:
    if len(months) < count or len(year_before) < count:
        return False
    return sum(year_before) > 0 and sum(months) <= sum(year_before) * (1 - Fraction(drop))


def score_is_down(points: int, earlier: Sequence[int], *, edges: Sequence[int], bands: int) -> bool:
    """:param edges: points at which bands begin, rising."""
    if not earlier:
        return False
    return max(bisect_right(edges, each) for each in earlier) - bisect_right(edges, points) >= bands


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a series. :param change: in its unit or, of a share, as a fraction."""

    date: date
    value: Decimal
    before: Decimal
    change: Decimal


def change_of(values: Mapping[date, Decimal], *, on: date, months: int, is_share: bool) -> Change | None:
    """Return how the latest value differs from the one so many months before; None where one is missing or stale."""
    latest = max((day for day in values if day <= on), default=None)
    if latest is None or latest <= on - timedelta(days=STALE_DAYS):
        return None
    before = values.get(add_months(latest, -months))
    if before is None or (is_share and before == 0):
        return None
    change = values[latest] - before
    return Change(latest, values[latest], before, change / abs(before) if is_share else change)


def is_bad_news(change: Decimal, bar: Decimal) -> bool:
    """:param bar: a rise of at least so much, or below 0 a fall."""
    return change >= bar if bar > 0 else change <= bar


def makes_a_lead(kinds: Mapping[str, bool], *, needed: int, strong_needed: int) -> bool:
    """:param kinds: what counts now, and whether it is strong."""
    return len(kinds) >= needed or sum(kinds.values()) >= strong_needed


def _months_before(day: date, months: int) -> date:
    """Return the day so many months before; of the last day of a month, the last one of that month."""
    return max(add_months(day, -months), add_months(day + timedelta(days=1), -months) - timedelta(days=1))


def _hundredths(days: Sequence[int]) -> int:
    """Return the mean in hundredths of a day, half rounded away from zero, as the signals of a loan keep it."""
    mean = Fraction(sum(days) * 100, len(days))
    rounded = int(abs(mean) + Fraction(1, 2))
    return rounded if mean >= 0 else -rounded
