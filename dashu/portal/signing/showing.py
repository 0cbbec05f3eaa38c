"""Where the money of a signed contract is, part by part, as its borrower reads it."""

from dataclasses import dataclass
from datetime import date

from loans.domain.applications import Status
from loans.models import Application, Loan, LoanContract, Tranche
from repayments.condition_words import conditions_in_words
from repayments.models import Payout, Withdrawal
from repayments.services.withdraw_contract import missing_of

NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class PayoutShown:
    """
    One part of a contract; a loan in one sum is its only one.

    :param agreed_on: the day that the contract names.
    :param state: as `Payout.Status`; "" before it was ordered.
    :param may_change: whether another account can be named.
    :param may_withdraw: whether it can be declined, as its money has not come.
    :param give_back_until: the last day on which the loan can be given back; None: not any more, or it was asked for.
    :param withdrawal: where it is given back, what is `missing` of the sum, minor units.
    :param waits_for: why it is held back, sentences.
    :param is_behind: whether a part before it still waits.
    """

    number: int
    loan: Loan
    agreed_on: date
    state: str
    to: str
    arrived_on: date | None
    may_change: bool
    may_withdraw: bool = False
    give_back_until: date | None = None
    withdrawal: Withdrawal | None = None
    missing: int = 0
    waits_for: tuple[str, ...] = ()
    is_behind: bool = False

    @property
    def is_given_back_now(self) -> bool:
        """Whether the borrower has said that they give it back, and the sum is still to come."""
        return self.withdrawal is not None and self.withdrawal.status in ("WAITING", "OPEN")

    @property
    def is_given_back(self) -> bool:
        return self.withdrawal is not None and self.withdrawal.status == "DONE"

    @property
    def is_ended(self) -> bool:
        """Whether it was declined or cancelled before its money came."""
        return self.loan.status == Loan.Status.CANCELLED


@dataclass(frozen=True, slots=True)
class ContractShown:
    """
    :param parts: in the order of their numbers; at least one.
    :param today: the day on which it is shown.
    """

    contract: LoanContract
    parts: tuple[PayoutShown, ...]
    today: date

    @property
    def has_parts(self) -> bool:
        return len(self.parts) > 1

    @property
    def first(self) -> PayoutShown:
        return self.parts[0]

    @property
    def has_begun(self) -> bool:
        """Whether money of any part has come."""
        return any(part.loan.status not in Loan.NOT_PAID_OUT for part in self.parts)

    @property
    def may_withdraw(self) -> bool:
        """Whether all of the contract can be ended, as no money has come."""
        return not self.has_begun and any(part.may_withdraw for part in self.parts)

    @property
    def failed(self) -> PayoutShown | None:
        """The part for which another account can be named; at most one waits at a time."""
        return next((part for part in self.parts if part.may_change), None)

    @property
    def is_moving(self) -> bool:
        """Whether the page will soon say something else by itself."""
        return any(
            part.state in ("", Payout.Status.APPROVED)
            and part.loan.status == Loan.Status.APPROVED
            and not part.is_behind
            and part.agreed_on <= self.today
            for part in self.parts
        )

    def part(self, number: int) -> PayoutShown | None:
        return next((part for part in self.parts if part.number == number), None)


def contract_shown(application: Application, *, today: date) -> ContractShown | None:
    """Return how far the money of an application is, in four queries; None where no contract is signed."""
    contract = LoanContract.objects.filter(application=application).defer("pdf").first()
    if contract is None:
        return None
    tranches = list(contract.tranches.select_related("loan").order_by("number"))
    loans = [tranche.loan_id for tranche in tranches]
    # The latest payout of each loan is the one that is read last.
    payouts = {payout.loan_id: payout for payout in Payout.objects.filter(loan__in=loans).order_by("number")}
    given_back = {each.loan_id: each for each in Withdrawal.objects.select_related("loan").filter(loan__in=loans)}
    parts: list[PayoutShown] = []
    for tranche in tranches:
        is_behind = any(part.loan.status == Loan.Status.APPROVED for part in parts)
        parts.append(
            _shown(
                tranche,
                payouts.get(tranche.loan_id),
                given_back.get(tranche.loan_id),
                is_open=application.status in (Status.SIGNED, Status.PAID_OUT),
                is_behind=is_behind,
                today=today,
            )
        )
    return ContractShown(contract, tuple(parts), today)


def _shown(
    tranche: Tranche,
    payout: Payout | None,
    withdrawal: Withdrawal | None,
    *,
    is_open: bool,
    is_behind: bool,
    today: date,
) -> PayoutShown:
    loan, until = tranche.loan, tranche.cooling_off_until
    state = payout.status if payout else ""
    is_card = bool(payout and payout.destination == Payout.Destination.ISSUER_CARD)
    can_give_back = loan.status == Loan.Status.ACTIVE and withdrawal is None and until is not None and today <= until
    is_waiting = loan.status == Loan.Status.APPROVED
    return PayoutShown(
        number=tranche.number,
        loan=loan,
        agreed_on=tranche.agreed_on,
        state=state,
        to=f"{payout.bank} {payout.account_shown.replace(' ', NO_BREAK)}" if payout else "",
        arrived_on=payout.arrived_on if payout else None,
        may_change=state == Payout.Status.FAILED and not is_card and is_open and is_waiting,
        may_withdraw=is_waiting and withdrawal is None,
        give_back_until=until if can_give_back else None,
        withdrawal=withdrawal,
        missing=missing_of(withdrawal) if withdrawal and withdrawal.status == Withdrawal.Status.OPEN else 0,
        waits_for=tuple(conditions_in_words(payout.held_because)) if payout and is_waiting else (),
        is_behind=is_behind,
    )
