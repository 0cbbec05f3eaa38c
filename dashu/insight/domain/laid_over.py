"""
A series of the economy laid over a rate of the book, month by month: how far they moved together.

That is all it says. Both can follow a third thing, or the calendar; the months of a book are not independent of each
other, so the interval is narrower than the truth. These are no amounts, so floats will do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import atanh, sqrt, tanh
from statistics import StatisticsError, correlation

from dashu.kernel.dates import add_months
from dashu.kernel.shares import Z_95

LEAST_MONTHS = 12  # below it nothing is concluded, whatever the coefficient
MOST_LAG = 6


@dataclass(frozen=True, slots=True)
class Pair:
    """
    One month of the book beside the series so many months earlier.

    :param rate: of the book. :param value: of the series. Either is None where it is not known.
    """

    month: date
    rate: Decimal | None
    value: Decimal | None

    @property
    def is_known(self) -> bool:
        return self.rate is not None and self.value is not None


@dataclass(frozen=True, slots=True)
class Together:
    """
    Pearson's coefficient over so many months, with its 95% interval by Fisher's transformation.

    :param value: None where one side does not move, or there are fewer than 3 months.
    :param low, high: None below 4 months, and where the coefficient is 1 or −1.
    """

    months: int
    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def is_enough(self) -> bool:
        return self.value is not None and self.months >= LEAST_MONTHS

    @property
    def is_clear(self) -> bool:
        """Whether there are enough months and the interval leaves out that there is nothing."""
        return self.is_enough and self.low is not None and self.high is not None and self.low * self.high > 0


def laid_over(rates: Mapping[date, Decimal | None], series: Mapping[date, Decimal], *, lag: int) -> Sequence[Pair]:
    """
    Return each month of the book with the value of the series `lag` months before.

    :param rates: by the first day of the month; None where the month is missing.
    :param series: by any day of a month; the latest of a month counts.
    """
    by_month = {day.replace(day=1): series[day] for day in sorted(series)}
    return [Pair(month, rates[month], by_month.get(add_months(month, -lag))) for month in sorted(rates)]


def together(pairs: Sequence[Pair]) -> Together:
    """
    Return how far both moved together in the months of which both are known.

    Source: Fisher 1915; worked case r = 0.5 of 28 months: 0.1560 to 0.7358.
    """
    known = [
        (float(pair.rate), float(pair.value)) for pair in pairs if pair.rate is not None and pair.value is not None
    ]
    if len(known) < 3:
        return Together(len(known), None)
    try:
        value = correlation([rate for rate, _value in known], [value for _rate, value in known])
    except StatisticsError:  # one side does not move
        return Together(len(known), None)
    return Together(len(known), value, *_interval(value, len(known)))


def _interval(value: float, months: int) -> tuple[float, float] | tuple[None, None]:
    if months < 4 or abs(value) >= 1:
        return None, None
    spread = Z_95 / sqrt(months - 3)
    return tanh(atanh(value) - spread), tanh(atanh(value) + spread)
