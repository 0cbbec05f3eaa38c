"""
The annual percentage rate of the United States by the actuarial method.

Source: Regulation Z, 12 CFR 1026, appendix J. An amount that comes t full unit-periods and a fraction f after the
first advance is discounted by (1 + f·i)(1 + i)^t: simple interest in the fraction, compound in the rest; the yearly
rate is i times the unit-periods of a year.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashu.finance.annual_rates import DatedAmount
from dashu.finance.rate_solver import Discounts, NoAnnualRate, Root, solve
from dashu.finance.unit_periods import Interval, UnitPeriod, counted, unit_period_of
from dashu.kernel.errors import _

_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class AnnualPercentageRate:
    """
    :param rate: a fraction to 6 decimals; disclosed to two decimals of a percent.
    :param unit: the unit-period that the rate was computed with.
    """

    rate: Decimal
    unit: UnitPeriod
    iterations: int


def annual_percentage_rate(
    advances: Sequence[DatedAmount], payments: Sequence[DatedAmount], *, unit: UnitPeriod | None = None
) -> AnnualPercentageRate:
    """
    Return the rate for advances and payments on days, the term beginning with the first advance.

    :param unit: instead of the unit-period that (b)(4) determines.
    :raises NoAnnualRate: there is none, or no single one. A transaction that begins with a payment, as the student loan
        of (c)(7)(ii), is refused too: if it costs anything, an even number of rates above zero explains it.
    """
    received_on = sorted({on for on, _minor in advances})
    paid_on = sorted({on for on, _minor in payments})
    if not received_on or not paid_on or paid_on[0] < received_on[0]:
        raise NoAnnualRate(_("There is no yearly rate for these payments: check the sum received and the payments."))
    start = received_on[0]
    unit = unit or unit_period_of(received_on, paid_on)

    def interval(on: date, series: Sequence[date]) -> Interval:
        return counted(start, on, unit, series=series)

    return rate_of_intervals(
        [(interval(on, received_on), minor) for on, minor in advances],
        [(interval(on, paid_on), minor) for on, minor in payments],
        unit,
    )


def rate_of_intervals(
    advances: Sequence[tuple[Interval, int]], payments: Sequence[tuple[Interval, int]], unit: UnitPeriod
) -> AnnualPercentageRate:
    """Return the rate for amounts whose full and odd unit-periods from the first day are known."""
    net: dict[Interval, int] = defaultdict(int)
    for interval, minor in advances:
        net[interval] += minor
    for interval, minor in payments:
        net[interval] -= minor
    intervals = sorted(net, key=lambda interval: interval.total)
    root: Root = solve([net[interval] for interval in intervals], _simple_in_fractions(intervals))
    return AnnualPercentageRate((root.rate * unit.a_year).quantize(_PLACES) + 0, unit, root.iterations)


def _simple_in_fractions(intervals: Sequence[Interval]) -> Discounts:
    def discounts(rate: Decimal) -> list[Decimal]:
        return [1 / ((1 + interval.fraction * rate) * (1 + rate) ** interval.full) for interval in intervals]

    return discounts
