"""Book a relief: the very events that its preview lived through, in one transaction."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.finance.events import MONEY, EventType
from dashu.finance.life import Life
from dashu.finance.relief import Act, Relief, acts_of, life_after, standing
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.selectors.lives import life_on
from repayments.services.acting import LoanNotRunning, book_act
from repayments.services.booking import lock_loan, refuse_outside_contract
from repayments.services.undo_event import undo_event

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
    expected: Mapping[str, Any] | None = None,
) -> list[LoanEvent]:
    """
    Book what the relief does to the loan as its day finds it, and return the events in their order.

    :param agreement: reference of the agreement that it carries out; every event of it says so.
    :param expected: what `foreseen` said when it was agreed; anything else is refused.
    :raises ReliefChanged: the acts or the schedule that follows from them would be other ones than `expected`.
    :raises ReliefNeedsMoney: the relief is a settlement that still asks for a payment.
    :raises EventRefused: :raises InvalidTerms: the method does not fit the loan; nothing is booked.
    """
    loan = lock_loan(loan_id)
    if loan.status in Loan.NOT_PAID_OUT:
        raise LoanNotRunning(_("This loan has not been paid out yet."), field="loan")
    refuse_outside_contract(loan, given_on, today=today, field="given_on")
    life = life_on(loan, given_on)
    acts = acts_of(relief, life, given_on, currency=loan.currency)
    if any(act.kind in MONEY for act in acts):
        raise ReliefNeedsMoney(_("This ends the loan with a payment. It is booked when the payment is here."))
    if expected is not None and foreseen(life, acts, given_on) != expected:
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


def foreseen(life: Life, acts: Sequence[Act], on: date) -> dict[str, Any]:
    """
    Return as plain JSON what acts do to a loan: themselves, and each installment that is unpaid afterwards.

    Kept with an offer and handed back as `expected`, it makes sure that what was agreed is what is booked.
    """
    after = standing(life_after(life, acts), on)
    return {
        "on": on.isoformat(),
        "acts": [{"type": act.kind.value, "amount_minor": act.amount, **act.data} for act in acts],
        "principal_minor": after.principal,
        "rows": [
            [row.due_on.isoformat(), row.unpaid_principal, row.unpaid_interest, row.unpaid_fee]
            for row in after.installments
            if row.unpaid
        ],
    }


@transaction.atomic
def take_back_relief(*, event_ids: Sequence[int], today: date, reason: str, actor: str) -> list[LoanEvent]:
    """
    Undo the events of one relief, the newest first, so that the loan is as if there had never been one.

    The borrower hears of it once. Payments that came meanwhile stay and are allocated anew.

    :returns: the reversals. :raises CannotBeUndone: :raises EventNotFound: as `undo_event`.
    """
    act = uuid.uuid4().hex
    return [
        undo_event(event_id=event_id, today=today, reason=reason, actor=actor, act=act)
        for event_id in sorted(event_ids, reverse=True)
    ]
