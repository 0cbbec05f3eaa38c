"""
Spare money: pay the loan down with it, or put it aside.

Both ways pay the same each month, or the comparison would be unfair: the money that is put aside pays, every month,
what the installment is higher than it would be after paying down. What is left of it at the end is the difference.
"""

from dataclasses import dataclass
from decimal import Decimal

from dashu.finance.annual_rates import NoAnnualRate, annual_rates
from dashu.finance.early_repayment import EarlyRepayment
from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.errors import _
from education.domain.calculators import ANY_DAY, CannotCalculate


@dataclass(frozen=True, slots=True)
class Spare:
    """
    :param before, after: the installment as it is, and after paying down.
    :param saved: interest that is saved, less the fee.
    :param earned: what the money brings while it pays the difference each month.
    :param ahead: how much putting it aside is ahead of paying down at the end; negative: behind.
    :param needed: the yearly return, simple, from which on putting aside is ahead; None where none is.
    """

    fee: int
    before: int
    after: int
    saved: int
    earned: int
    ahead: int
    needed: Decimal | None


def spare(
    owed: int, annual_rate: Decimal, months: int, *, extra: int, fee_share: Decimal, annual_return: Decimal
) -> Spare:
    """
    Compare the two ways over the months that are left.

    :param fee_share: what paying down early costs, a fraction of it.
    :param annual_return: simple, after taxes and costs, a fraction.
    :raises CannotCalculate: it is as much as is owed.
    """
    if extra >= owed:
        raise CannotCalculate(_("It must be less than what is still owed."), field="extra")
    lowered, fee = EarlyRepayment(fee_share=fee_share).split(extra, 0)
    before, after = _rows(owed, annual_rate, months), _rows(owed - lowered, annual_rate, months)
    differences = [one.total - other.total for one, other in zip(before, after, strict=True)]
    earned, left = _put_aside(extra, annual_return, differences)
    return Spare(
        fee=fee,
        before=before[0].total,
        after=after[0].total,
        saved=_interest(before) - _interest(after) - fee,
        earned=earned,
        ahead=left,
        needed=_needed(extra, differences),
    )


def _rows(owed: int, annual_rate: Decimal, months: int) -> tuple[Row, ...]:
    return build_schedule(ScheduleTerms(owed, annual_rate, Method.EQUAL_INSTALLMENT, months, ANY_DAY))


def _interest(rows: tuple[Row, ...]) -> int:
    return sum(row.interest for row in rows)


def _put_aside(extra: int, annual_return: Decimal, paid_out: list[int]) -> tuple[int, int]:
    """Return what the money brings, and what is left of it; below 0 nothing is brought, and it is missing."""
    left, earned = extra, 0
    for amount in paid_out:
        brought = to_minor(max(left, 0) * annual_return / 12, Rounding.HALF_UP)
        earned += brought
        left += brought - amount
    return earned, left


def _needed(extra: int, differences: list[int]) -> Decimal | None:
    try:
        return annual_rates(extra, differences, 12).irr_nominal
    except NoAnnualRate:
        return None
