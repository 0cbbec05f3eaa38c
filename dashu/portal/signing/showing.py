"""Where the money of a signed contract is, as its borrower reads it."""

from dataclasses import dataclass
from datetime import date

from loans.domain.applications import Status
from loans.models import Application, Loan, LoanContract
from repayments.models import Payout


@dataclass(frozen=True, slots=True)
class PayoutShown:
    """
    :param state: as `Payout.Status`; "" before it was ordered.
    :param may_change: whether another account can be named.
    """

    contract: LoanContract
    loan: str
    state: str
    to: str
    arrived_on: date | None
    may_change: bool

    @property
    def is_moving(self) -> bool:
        """Whether the page will soon say something else by itself."""
        return self.state in ("", Payout.Status.APPROVED) and self.contract.loan.status == Loan.Status.APPROVED


def payout_shown(application: Application) -> PayoutShown | None:
    """Return how far the money of an application is; None where no contract is signed."""
    contract = LoanContract.objects.select_related("loan").filter(application=application).first()
    if contract is None:
        return None
    payout = Payout.objects.filter(loan=contract.loan).first()
    state = payout.status if payout else ""
    is_card = bool(payout and payout.destination == Payout.Destination.ISSUER_CARD)
    return PayoutShown(
        contract=contract,
        loan=contract.loan.number,
        state=state,
        to=f"{payout.bank}, {payout.account_shown}" if payout else "",
        arrived_on=payout.arrived_on if payout else None,
        may_change=state == Payout.Status.FAILED and not is_card and application.status == Status.SIGNED,
    )
