"""
Fees of the terms: how much each one is, when it is paid, and which part of it is tax.

A fee is a fixed amount or a share of a base, rounded half-up to the minor unit and then held between its floor and its
cap. Amounts include tax; `tax_part` says how much of a gross amount it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dashu.finance.rounding import Rounding, to_minor
from dashu.kernel.money import split_minor


class FeeTiming(StrEnum):
    """
    When a fee is paid.

    `upfront` is kept back from the payout, `upfront_paid` is paid by the borrower on the day of the payout,
    `financed` is added to the principal, `spread` is split over the installments, `each` comes with every installment,
    and `on_event` is only due when something happens, such as a returned payment.
    """

    UPFRONT = "upfront"
    UPFRONT_PAID = "upfront_paid"
    FINANCED = "financed"
    SPREAD = "spread"
    EACH = "each"
    ON_EVENT = "on_event"


IN_ROWS = (FeeTiming.SPREAD, FeeTiming.EACH)


class FeeBase(StrEnum):
    """What a share is taken of: the principal agreed, or the balance before each installment."""

    PRINCIPAL = "principal"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Fee:
    """
    :param minor: fixed amount, tax included; 0 where `share` decides.
    :param share: a fraction of `base`, 0.01 for 1%; None for a fixed amount.
    :param floor, cap: bounds of the amount that `share` gives, in minor units; no cap with None.
    :param tax_rate: a fraction of the net amount, 0.06 for 6% VAT; the fee includes it.
    """

    code: str
    minor: int
    timing: FeeTiming
    share: Decimal | None = None
    base: FeeBase = FeeBase.PRINCIPAL
    floor: int = 0
    cap: int | None = None
    tax_rate: Decimal = Decimal(0)

    def of(self, base: int) -> int:
        """Return the amount for a base in minor units."""
        if self.share is None:
            return self.minor
        amount = max(to_minor(base * self.share, Rounding.HALF_UP), self.floor)
        return amount if self.cap is None else min(amount, self.cap)


def tax_part(fee: Fee, amount: int) -> int:
    """Return the tax that `amount`, tax included, contains, rounded half-up."""
    return to_minor(amount * fee.tax_rate / (1 + fee.tax_rate), Rounding.HALF_UP)


def sum_of(fees: Sequence[Fee], timing: FeeTiming, principal: int) -> int:
    """Return all fees of one timing on the principal agreed, each counted once."""
    return sum(fee.of(principal) for fee in fees if fee.timing is timing)


def fees_by_row(fees: Sequence[Fee], principal: int, balances: Sequence[int]) -> list[list[int]]:
    """
    Return for each fee of the installments its amount in every row; other fees have no entry.

    :param balances: balance before each installment, minor units.
    """
    return [_by_row(fee, principal, balances) for fee in fees if fee.timing in IN_ROWS]


def _by_row(fee: Fee, principal: int, balances: Sequence[int]) -> list[int]:
    if fee.timing is FeeTiming.SPREAD:
        return split_minor(fee.of(principal), len(balances))[::-1]  # the later rows take the odd minor units
    if fee.base is FeeBase.BALANCE:
        return [fee.of(balance) for balance in balances]
    return [fee.of(principal)] * len(balances)
