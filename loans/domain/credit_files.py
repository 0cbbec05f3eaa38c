"""
What a credit bureau knows of one person or company: loans of other lenders, who asked, and what follows from them.

Amounts are whole minor units of one currency. A file without rows is an answer too: nothing is known.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum


class LoanKind(StrEnum):
    CONSUMER = "CONSUMER"
    SME = "SME"
    CARD = "CARD"
    MORTGAGE = "MORTGAGE"
    CAR = "CAR"
    OTHER = "OTHER"


class Purpose(StrEnum):
    """Why a lender asked the bureau."""

    LOAN = "LOAN"
    CARD = "CARD"
    GUARANTEE = "GUARANTEE"
    POST_LOAN = "POST_LOAN"
    OWN_REQUEST = "OWN_REQUEST"


# Who looks after a running loan, or at their own file, wants no new credit.
FOR_NEW_CREDIT = {Purpose.LOAN, Purpose.CARD, Purpose.GUARANTEE}


@dataclass(frozen=True, slots=True)
class OtherLoan:
    """
    One loan of another lender.

    :param commitment_minor: what is still owed; of a card its limit.
    :param monthly_minor: what is to be paid a month.
    :param days_past_due: today, 0 when current.
    """

    lender: str
    kind: LoanKind
    opened_on: date
    commitment_minor: int
    monthly_minor: int
    days_past_due: int = 0
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Somebody asked the bureau; the questions of this lender are not among them."""

    on: date
    lender: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class CreditFile:
    """
    :param pulled_at: the moment for which all of it holds.
    :param reference: the bureau's own, for a question to it later.
    :param is_known: whether the bureau has a file at all; without one, everything else is empty.
    """

    pulled_at: datetime
    reference: str
    loans: tuple[OtherLoan, ...] = field(default=(), repr=False)
    inquiries: tuple[Inquiry, ...] = field(default=(), repr=False)
    has_fraud_flag: bool = False
    is_known: bool = True

    @property
    def open_loans(self) -> tuple[OtherLoan, ...]:
        return tuple(loan for loan in self.loans if not loan.is_settled)

    @property
    def open_lenders(self) -> tuple[str, ...]:
        """Return with whom a loan runs, each once, by name."""
        return tuple(sorted({loan.lender for loan in self.open_loans}))

    @property
    def monthly_minor(self) -> int:
        return sum(loan.monthly_minor for loan in self.open_loans)

    @property
    def commitment_minor(self) -> int:
        return sum(loan.commitment_minor for loan in self.open_loans)

    @property
    def worst_days_past_due(self) -> int:
        return max((loan.days_past_due for loan in self.open_loans), default=0)

    def inquiries_within(self, days: int, *, on: date) -> int:
        """Return how often others asked for new credit on `on` and the `days` - 1 days before."""
        first = on - timedelta(days=days - 1)
        return sum(first <= inquiry.on <= on and inquiry.purpose in FOR_NEW_CREDIT for inquiry in self.inquiries)
