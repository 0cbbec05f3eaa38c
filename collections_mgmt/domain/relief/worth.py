"""
What a plan is worth to the lender: its present value at the original rate, and what can be expected of it.

The loss of value is 1 - PV(new) / PV(present), both at the rate of the contract before any relief; more than 1% counts
as a default under EU rules. What can be expected counts the chance that the rest is lost: all of the plan is paid, or
what a lost claim brings comes instead. A plan is worth offering when more can be expected with it than without.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from collections_mgmt.domain.relief.demands import Plan
from dashu.finance.relief import present_value

_PLACES = Decimal("0.000001")


def value_of(plan: Plan, annual_rate: Decimal, on: date) -> int:
    """Return the present value of a plan's payments on a day, minor units."""
    return present_value(plan.payments, annual_rate, on)


def value_loss(new: int, present: int) -> Decimal:
    """Return the share of the present plan's value that a new one gives up, to 6 decimals; negative: a gain."""
    if not present:
        return Decimal(0)
    return ((present - new) / Decimal(present)).quantize(_PLACES, ROUND_HALF_UP)


def expected(value: int, claim: int, *, lost: Decimal, loss_given_default: Decimal) -> int:
    """
    Return what can be expected of a plan, minor units, rounded half-up once.

    :param value: present value, if all of it is paid.
    :param claim: owed today, of which a share comes back when the rest is lost.
    :param lost: the chance of that, a fraction.
    """
    kept, back = Fraction(1 - lost), Fraction(1 - loss_given_default)
    exact = kept * value + (1 - kept) * back * claim
    return int(exact + Fraction(1, 2))
