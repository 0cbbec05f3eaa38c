"""One scheduled demand with what has been paid of it: the value that allocation and overdue counting work on."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dashu.kernel.values import changed


class Component(StrEnum):
    """What a part of a payment pays. Penalty belongs to the loan, the others to an installment."""

    FEE = "fee"
    PENALTY = "penalty"
    INTEREST = "interest"
    PRINCIPAL = "principal"


@dataclass(frozen=True)
class Installment:
    """
    Amounts in minor units. A waived part is no longer demanded.

    :param due_on: the day it must be paid by; unpaid the day after, it is one day past due.
    :param period_from: where the days of its interest begin; None: at the due date before.
    :param earned_interest: part of its interest that was earned before `period_from`; of a row that demands nothing
        because of a payment holiday, what its own period earns and later rows demand.
    :param earned_fee: part of its fee that was due before, and that relief put beside it.
    :param unpaid: all that is still demanded; kept, because it is asked for far more often than it changes.
    """

    number: int
    due_on: date
    principal: int
    interest: int
    fee: int = 0
    paid_principal: int = 0
    paid_interest: int = 0
    paid_fee: int = 0
    waived_principal: int = 0
    waived_interest: int = 0
    waived_fee: int = 0
    period_from: date | None = field(default=None, kw_only=True)
    earned_interest: int = field(default=0, kw_only=True)
    earned_fee: int = field(default=0, kw_only=True)
    unpaid: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        demanded = self.principal + self.interest + self.fee
        paid = self.paid_principal + self.paid_interest + self.paid_fee
        waived = self.waived_principal + self.waived_interest + self.waived_fee
        object.__setattr__(self, "unpaid", demanded - paid - waived)

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fee

    @property
    def is_parking(self) -> bool:
        """Whether it demands nothing because its interest is parked until later."""
        return self.total == 0 and self.earned_interest > 0

    @property
    def unpaid_principal(self) -> int:
        return self.principal - self.paid_principal - self.waived_principal

    @property
    def unpaid_interest(self) -> int:
        return self.interest - self.paid_interest - self.waived_interest

    @property
    def unpaid_fee(self) -> int:
        return self.fee - self.paid_fee - self.waived_fee

    def fee_owed(self, on: date) -> int:
        """Return what is owed of its fee on a day: all once it is due, before that only what was due earlier."""
        earned = self.fee if self.due_on <= on else min(self.fee, self.earned_fee)
        return max(0, earned - self.paid_fee - self.waived_fee)

    def unpaid_of(self, component: Component) -> int:
        if component is Component.PRINCIPAL:
            return self.unpaid_principal
        if component is Component.INTEREST:
            return self.unpaid_interest
        return self.unpaid_fee

    def pay(self, component: Component, minor: int) -> "Installment":
        """Return this installment with `minor` more (or, negative, less) of one component paid."""
        if not minor:
            return self
        if component is Component.PRINCIPAL:
            return changed(self, paid_principal=self.paid_principal + minor, unpaid=self.unpaid - minor)
        if component is Component.INTEREST:
            return changed(self, paid_interest=self.paid_interest + minor, unpaid=self.unpaid - minor)
        return changed(self, paid_fee=self.paid_fee + minor, unpaid=self.unpaid - minor)

    def waive(self, component: Component, minor: int) -> "Installment":
        if not minor:
            return self
        if component is Component.PRINCIPAL:
            return changed(self, waived_principal=self.waived_principal + minor, unpaid=self.unpaid - minor)
        if component is Component.INTEREST:
            return changed(self, waived_interest=self.waived_interest + minor, unpaid=self.unpaid - minor)
        return changed(self, waived_fee=self.waived_fee + minor, unpaid=self.unpaid - minor)
