"""Book a relief: the very events that its preview lived through, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.finance.events import MONEY, EventType
from dashu.finance.relief import Act, Relief, acts_of
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.selectors.lives import life_on
from repayments.services.acting import LoanNotRunning, book_act
from repayments.services.booking import lock_loan, refuse_outside_contract

Kind = LoanEvent.Kind

_KINDS = {
    EventType.WAIVER: (Kind.WAIVER, "Waiver"),
    EventType.RESTRUCTURE: (Kind.RESTRUCTURE, "New terms"),
    EventType.ARREARS_PLAN: (Kind.ARREARS_PLAN, "Arrears in installments"),
    EventType.DUE_DAY: (Kind.DUE_DAY, "New due day"),
}


class ReliefNeedsMoney(DomainError):
    """A settlement ends with a payment, so it is booked where that payment is."""

    code = "relief_needs_money"
    http_status = 409


class ReliefChanged(DomainError):
    """The loan has changed since the relief was worked out, so it would do something else than was agreed."""

    code = "relief_changed"
    http_status = 409


@transaction.atomic
def give_relief(
    *,
    loan_id: int,
    relief: Relief,
    given_on: date,
    today: date,
    reason: str,
    actor: str,
    agreement: str = "",
    expected: Sequence[Mapping[str, Any]] | None = None,
) -> list[LoanEvent]:
    """
    Book what the relief does to the loan as its day finds it, and return the events in their order.

    :param agreement: reference of the agreement that it carries out; every event of it says so.
    :param expected: the data of the acts as they were agreed; anything else is refused.
    :raises ReliefChanged: the loan would now need other acts than `expected`.
    :raises ReliefNeedsMoney: the relief is a settlement that still asks for a payment.
    :raises EventRefused: :raises InvalidTerms: the method does not fit the loan; nothing is booked.
    """
    loan = lock_loan(loan_id)
    if loan.status in Loan.NOT_PAID_OUT:
        raise LoanNotRunning(_("This loan has not been paid out yet."), field="loan")
    refuse_outside_contract(loan, given_on, today=today, field="given_on")
    acts = acts_of(relief, life_on(loan, given_on), given_on, currency=loan.currency)
    if any(act.kind in MONEY for act in acts):
        raise ReliefNeedsMoney(_("This ends the loan with a payment. It is booked when the payment is here."))
    if expected is not None and [documented(act) for act in acts] != list(expected):
        raise ReliefChanged(_("The loan has changed since this was worked out. It has to be worked out again."))
    return book_acts(
        loan_id=loan_id, acts=acts, acted_on=given_on, today=today, reason=reason, actor=actor, agreement=agreement
    )


def book_acts(
    *,
    loan_id: int,
    acts: Sequence[Act],
    acted_on: date,
    today: date,
    reason: str,
    actor: str,
    agreement: str = "",
) -> list[LoanEvent]:
    """Book acts that move no money, inside the caller's transaction. Raises as `book_act` does."""
    booked: list[LoanEvent] = []
    for act in acts:
        kind, description = _KINDS[act.kind]
        booked.append(
            book_act(
                loan_id=loan_id,
                kind=kind,
                effective_on=acted_on,
                today=today,
                amount_minor=act.amount or None,
                data={**act.data, "reason": reason} | ({"agreement": agreement} if agreement else {}),
                description=description,
                actor=actor,
                field="given_on",
            )
        )
    return booked


def documented(act: Act) -> dict[str, Any]:
    """Return an act as plain JSON: its type, its amount in minor units, and its data."""
    return {"type": act.kind.value, "amount_minor": act.amount, **act.data}
