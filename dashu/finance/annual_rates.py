"""
The yearly cost of a loan as one rate.

`irr_nominal` is the period rate that discounts all payments to the sum received, times the periods of a year (the
PBC's 单利); `irr_effective` is the same rate compounded over a year (复利). Source: PBC announcement 2021 No. 3,
whose example (100,000 received less a fee of 1,000, 12 × 8,833.3) gives 12.80% and 13.58%.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashu.finance.schedule import Row
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.errors import DomainError, _

_PLACES = Decimal("0.000001")
_HIGHEST = Decimal(1_000_000_000)


class NoAnnualRate(DomainError):
    """No rate between −99% and 1,000% a period makes the payments worth what was received."""

    code = "no_annual_rate"


@dataclass(frozen=True, slots=True)
class AnnualRates:
    """Fractions to 6 decimals: 0.135800 is 13.58% a year."""

    irr_nominal: Decimal
    irr_effective: Decimal


def annual_rates(
    received: int, payments: Sequence[int], periods_a_year: int | Decimal, *, first_period: Decimal = Decimal(1)
) -> AnnualRates:
    """
    Return both rates for one sum received and one payment at the end of each period.

    :param received: minor units that reached the borrower.
    :param first_period: length of the first period in periods, where it is longer or shorter than the others.
    :raises NoAnnualRate: nothing was received, or less is paid back than any rate explains.
    """
    rate = _period_rate(received, payments, first_period)
    effective = (1 + rate) ** periods_a_year - 1
    if effective > _HIGHEST:
        raise NoAnnualRate(_("There is no yearly rate for these payments: check the sum received and the payments."))
    # Adding 0 turns a rounded −0 into 0.
    return AnnualRates(
        irr_nominal=(rate * periods_a_year).quantize(_PLACES) + 0, irr_effective=effective.quantize(_PLACES) + 0
    )


def all_in_rates(terms: ScheduleTerms, rows: Sequence[Row]) -> AnnualRates:
    """Return the rates of a schedule with every fee: fees kept back lower what the borrower received."""
    payments = [row.total for row in rows]
    if terms.method is Method.BULLET:  # nothing is paid before the last period
        payments = [0] * (terms.count - len(rows)) + payments
    return annual_rates(
        terms.principal - terms.kept_back,
        payments,
        terms.due_rule.a_year,
        first_period=terms.due_rule.first_period(terms.disbursed_on),
    )


def _period_rate(received: int, payments: Sequence[int], first_period: Decimal) -> Decimal:
    """
    Solve received = Σ payment / (1 + r)^t by Newton's method kept inside a bracket.

    The present value falls as r rises, so the bracket always holds the one root and a step that leaves it is
    replaced by a bisection.
    """
    low, high = Decimal("-0.99"), Decimal(10)
    if received <= 0 or sum(payments) <= 0 or _excess(payments, received, high, first_period)[0] > 0:
        raise NoAnnualRate(_("There is no yearly rate for these payments: check the sum received and the payments."))
    rate = Decimal(sum(payments)) / received - 1
    rate = rate * 2 / (len(payments) + 1)
    for _step in range(200):
        if not low < rate < high:
            rate = (low + high) / 2
        excess, slope = _excess(payments, received, rate, first_period)
        if excess > 0:
            low = rate
        else:
            high = rate
        following = rate - excess / slope
        if abs(following - rate) < Decimal("1e-15"):
            return following
        rate = following
    raise NoAnnualRate(_("The yearly rate of these payments could not be determined."))


def _excess(payments: Sequence[int], received: int, rate: Decimal, first_period: Decimal) -> tuple[Decimal, Decimal]:
    """Return the present value of the payments less the sum received, and its derivative by the rate."""
    factor, at = 1 / (1 + rate), first_period
    discount = factor**first_period
    value, slope = Decimal(-received), Decimal(0)
    for payment in payments:
        worth = payment * discount
        value += worth
        slope -= at * worth
        discount *= factor
        at += 1
    return value, slope * factor
