"""Where the money of a signed contract is, as its borrower reads it."""

from dataclasses import dataclass
from datetime import date

from loans.domain.applications import Status
from loans.models import Application, Loan, LoanContract
from repayments.models import Payout, Withdrawal
from repayments.services.withdraw_contract import missing_of

NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class PayoutShown:
    """
    :param state: as `Payout.Status`; "" before it was ordered.
    :param may_change: whether another account can be named.
    :param give_back_until: the last day on which the loan can be given back; None: not any more, or it was asked for.
    :param withdrawal: where it is given back, what is `missing` of the sum, minor units.
    """

    contract: LoanContract
    loan: str
    state: str
    to: str
    arrived_on: date | None
    may_change: bool
    may_withdraw: bool = False
    give_back_until: date | None = None
    withdrawal: Withdrawal | None = None
    missing: int = 0

    @property
    def is_given_back_now(self) -> bool:
        """Whether the borrower has said that they give it back, and the sum is still to come."""
        return self.withdrawal is not None and self.withdrawal.status in ("WAITING", "OPEN")

    @property
    def is_moving(self) -> bool:
        """Whether the page will soon say something else by itself."""
        return self.state in ("", Payout.Status.APPROVED) and self.contract.loan.status == Loan.Status.APPROVED


def payout_shown(application: Application, *, today: date) -> PayoutShown | None:
    """Return how far the money of an application is; None where no contract is signed."""
    contract = LoanContract.objects.select_related("loan").filter(application=application).first()
    if contract is None:
        return None
    payout = Payout.objects.filter(loan=contract.loan).first()
    state = payout.status if payout else ""
    is_card = bool(payout and payout.destination == Payout.Destination.ISSUER_CARD)
    loan, until = contract.loan, contract.cooling_off_until
    withdrawal = Withdrawal.objects.select_related("loan").filter(loan=loan).first()
    is_open = until is not None and today <= until
    return PayoutShown(
        contract=contract,
        loan=contract.loan.number,
        state=state,
        to=f"{payout.bank} {payout.account_shown.replace(' ', NO_BREAK)}" if payout else "",
        arrived_on=payout.arrived_on if payout else None,
        may_withdraw=loan.status == Loan.Status.APPROVED and withdrawal is None,
        give_back_until=until if loan.status == Loan.Status.ACTIVE and withdrawal is None and is_open else None,
        withdrawal=withdrawal,
        missing=missing_of(withdrawal) if withdrawal and withdrawal.status == Withdrawal.Status.OPEN else 0,
        may_change=state == Payout.Status.FAILED and not is_card and application.status == Status.SIGNED,
    )
