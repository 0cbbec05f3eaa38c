"""
A payment that ends a loan for less than what is owed, because that was agreed before.

Which agreements there are is the matter of an app above: it registers from `AppConfig.ready` how one is found. When the
money that it still asks for is here, the rest is given up, the payment ends the loan, and the agreement is told so, all
in the transaction of the payment. Money that has arrived is never refused: where the agreement does not fit the loan
any more, it is an ordinary payment, and staff hear of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.alerts.services import raise_alert
from dashu.finance.installments import Component
from dashu.finance.loan import ENDED, Payoff
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.models import LoanEvent, Payment
from repayments.selectors.owed import owed_on
from repayments.services.waive_amount import waive_amount
from repayments.services.write_off_loan import write_off_loan


class AgreementDoesNotFit(DomainError):
    """The loan is no longer what the agreement was made for, so a payment does not end it."""

    code = "agreement_does_not_fit"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Agreement:
    """
    What ends a loan with the payment at hand.

    :param reference: its public number.
    :param left_minor: what the agreement still asks for; the payment is at least that.
    :param order: in which order claims are given up.
    :param complete: is told of the payment and of the acts that gave up the rest, in the order of their booking.
    """

    reference: str
    left_minor: int
    order: Sequence[Component]
    complete: Callable[[Payment, Sequence[LoanEvent]], None]


# Takes a locked loan, the amount that came in and its value date; None where no agreement is met by it.
Find = Callable[[Loan, int, date], Agreement | None]
Receive = Callable[[str, str], Payment]
_FINDERS: dict[str, Find] = {}


def register_agreements(name: str, find: Find) -> None:
    """Registering a name again replaces it, so that `ready` may run twice."""
    _FINDERS[name] = find


def end_as_agreed(
    loan: Loan, *, amount_minor: int, received_on: date, today: date, actor: str, receive: Receive
) -> Payment | None:
    """
    End a locked loan with this payment where an agreement says so; None where it is an ordinary payment.

    :param receive: books the payment, as a kind of event and under the reference of an agreement.
    """
    found = (find(loan, amount_minor, received_on) for find in _FINDERS.values())
    agreement = next((each for each in found if each), None)
    if agreement is None:
        return None
    status = loan.status
    try:
        with transaction.atomic():
            return _end(loan, agreement, received_on=received_on, today=today, actor=actor, receive=receive)
    except DomainError as error:
        loan.status = status
        raise_alert(
            "settlement.does_not_fit",
            subject=agreement.reference,
            reference=agreement.reference,
            loan=loan.number,
            error=str(error),
        )
        return None


def _end(loan: Loan, agreement: Agreement, *, received_on: date, today: date, actor: str, receive: Receive) -> Payment:
    parts = given_up(owed_on(loan, received_on), left_minor=agreement.left_minor, order=agreement.order)
    about = {"today": today, "reason": f"settlement {agreement.reference}", "actor": actor}
    acts = [
        waive_amount(
            loan_id=loan.pk,
            component=component,
            amount_minor=minor,
            waived_on=received_on,
            agreement=agreement.reference,
            **about,  # type: ignore[arg-type]
        )
        for component, minor in parts.items()
        if minor
    ]
    was_running = loan.status == Loan.Status.ACTIVE
    payment = receive(LoanEvent.Kind.SETTLEMENT if was_running else LoanEvent.Kind.PAYMENT, agreement.reference)
    if not was_running:
        acts.append(write_off_loan(loan_id=loan.pk, written_off_on=received_on, **about))  # type: ignore[arg-type]
    loan.refresh_from_db(fields=["status"])
    if loan.status not in ENDED:
        raise AgreementDoesNotFit(_("Something would still be owed on the loan."), field="loan")
    agreement.complete(payment, acts)
    return payment


def given_up(owed: Payoff, *, left_minor: int, order: Sequence[Component]) -> Mapping[Component, int]:
    """
    Return how much of each component is given up so that `left_minor` ends the loan, in the order given.

    :raises AgreementDoesNotFit: what is to be given up is no claim that can be waived.
    """
    claims = {
        Component.PENALTY: owed.penalty,
        Component.FEE: owed.fee,
        Component.INTEREST: owed.interest,
        Component.PRINCIPAL: owed.principal,
    }
    rest, parts = max(0, owed.total - left_minor), {}
    for component in order:
        parts[component] = min(rest, claims[component])
        rest -= parts[component]
    if rest:
        raise AgreementDoesNotFit(_("More would be given up than is owed."), field="total")
    return parts
