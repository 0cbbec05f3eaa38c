"""
What early repayment costs or saves: the prepayment fee, the rebate of an up-front fee, and the interest that stays due.

The rules are data in the contract. Where a lender charges nothing and counts interest by days, all of them are neutral.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dashu.finance.rounding import Rounding, to_minor


class EarlyInterest(StrEnum):
    """Interest of a loan settled early: for the days that have passed, or all that the schedule names (flat loans)."""

    BY_DAYS = "by_days"
    IN_FULL = "in_full"


class Rebate(StrEnum):
    """Of an up-front fee, at settlement: nothing, or the share of the days that are left."""

    NONE = "none"
    PRO_RATA = "pro_rata"


@dataclass(frozen=True, slots=True)
class EarlyRepayment:
    """
    :param fee_share: of the principal that is repaid before it is due, a fraction.
    :param fee_floor, fee_cap: bounds of that fee, minor units; no cap with None.
    :param fee_free_after_days: days after the start from which nothing is charged; None: never free.
    :param upfront_fee: what a rebate is a share of, minor units.
    """

    fee_share: Decimal = Decimal(0)
    fee_floor: int = 0
    fee_cap: int | None = None
    fee_free_after_days: int | None = None
    interest: EarlyInterest = EarlyInterest.BY_DAYS
    rebate: Rebate = Rebate.NONE
    upfront_fee: int = 0

    def fee_on(self, principal: int, days_since_start: int) -> int:
        """Return the fee for repaying `principal` before it is due, rounded half-up."""
        is_free = self.fee_free_after_days is not None and days_since_start >= self.fee_free_after_days
        if principal <= 0 or is_free or not (self.fee_share or self.fee_floor):
            return 0
        fee = max(to_minor(principal * self.fee_share, Rounding.HALF_UP), self.fee_floor)
        return fee if self.fee_cap is None else min(fee, self.fee_cap)

    def split(self, amount: int, days_since_start: int) -> tuple[int, int]:
        """Return the most principal that `amount` repays together with the fee on it, and that fee."""
        low, high = 0, amount
        while low < high:
            middle = (low + high + 1) // 2
            if middle + self.fee_on(middle, days_since_start) <= amount:
                low = middle
            else:
                high = middle - 1
        return low, self.fee_on(low, days_since_start)

    def rebate_on(self, starts_on: date, ends_on: date, on: date) -> int:
        """Return what is given back of the up-front fee, rounded half-up; `ends_on` is the last due date."""
        left, whole = (ends_on - on).days, (ends_on - starts_on).days
        if self.rebate is Rebate.NONE or left <= 0 or whole <= 0:
            return 0
        return min(self.upfront_fee, to_minor(Decimal(self.upfront_fee * left) / whole, Rounding.HALF_UP))


def rule_of_78_rebate(total_interest: int, count: int, left: int) -> int:
    """
    Return the interest that the rule of 78 gives back when `left` of `count` installments are not yet due.

    Legacy, for comparison only: it returns less than the interest that the days left would bear, and is forbidden for
    consumer loans in many places. Rebate = total × k(k + 1) ÷ n(n + 1), rounded half-up. Source: sum of the digits;
    15 U.S.C. 1615(b) forbids it in the United States for consumer credit of more than 61 months.
    """
    assert 0 <= left <= count
    return to_minor(Decimal(total_interest * left * (left + 1)) / (count * (count + 1)), Rounding.HALF_UP)
