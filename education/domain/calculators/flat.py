"""A monthly fee on the sum first lent, with what was kept back of it, as yearly rates."""

from dataclasses import dataclass
from decimal import Decimal

from dashu.finance.annual_rates import NoAnnualRate, annual_rates
from dashu.finance.rounding import Rounding, to_minor
from dashu.kernel.errors import _
from dashu.kernel.money import split_minor
from education.domain.calculators import CannotCalculate


@dataclass(frozen=True, slots=True)
class Flat:
    """
    :param first_payment: the highest of the payments, which differ by a fen at most.
    :param fees: all monthly fees together; `cost` is what is paid beyond what was received.
    :param looks_like: the monthly rate times twelve.
    """

    received: int
    first_payment: int
    fees: int
    cost: int
    looks_like: Decimal
    nominal: Decimal
    effective: Decimal


def flat(lent: int, monthly_fee: Decimal, months: int, *, kept_back: int = 0) -> Flat:
    """
    Return what a loan really costs that is repaid in equal parts, with a fee each month on the sum first lent.

    :param monthly_fee: a fraction, 0.006 for 0.6% a month.
    :param kept_back: what was taken out of the payout.
    :raises CannotCalculate: as much is kept back as is lent, or no yearly rate explains the payments.
    """
    if kept_back >= lent:
        raise CannotCalculate(_("What is kept back must be less than what is lent."), field="kept_back")
    fee = to_minor(lent * monthly_fee, Rounding.HALF_UP)
    payments = [part + fee for part in split_minor(lent, months)]
    received = lent - kept_back
    try:
        rates = annual_rates(received, payments, 12)
    except NoAnnualRate as refusal:
        raise CannotCalculate(_("No yearly rate explains these figures. Check the fee."), field="fee") from refusal
    return Flat(
        received=received,
        first_payment=payments[0],
        fees=fee * months,
        cost=sum(payments) - received,
        looks_like=monthly_fee * 12,
        nominal=rates.irr_nominal,
        effective=rates.irr_effective,
    )
