"""Undo an act that should not have been booked: a reversal with a reason, from the act's own value date."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.kernel.errors import DomainError
from repayments.models import LoanEvent, Payment
from repayments.services.acting import book_act
from repayments.services.booking import lock_loan
from repayments.services.partner_events import tell_of_refund, tell_of_return
from repayments.services.receipts import mark_returned


class EventNotFound(DomainError):
    """There is no such event on the loan."""

    code = "event_not_found"
    http_status = 404


class CannotBeUndone(DomainError):
    """An opening and a reversal stay; so does what was undone before."""

    code = "cannot_be_undone"
    http_status = 409


_STAYS = (LoanEvent.Kind.DISBURSED, LoanEvent.Kind.TAKEN_OVER, LoanEvent.Kind.REVERSAL)


@transaction.atomic
def undo_event(
    *, event_id: int, today: date, reason: str, actor: str, replaced_by: str = "", act: str = ""
) -> LoanEvent:
    """
    Restate the loan as if the event had never been; it stays on record beside its reversal.

    Money that really came and went back is `return_payment`, which counts from the day on which it went.

    :param replaced_by: reference of the payment that takes the place of this one, when it is corrected or moved.
    :param act: what it shares with other events of the same act, which the borrower hears of once.
    :returns: the reversal.
    :raises EventNotFound: no event has this id.
    :raises CannotBeUndone: an opening, a reversal, or an event that was undone before.
    """
    loan_id = LoanEvent.objects.filter(pk=event_id).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise EventNotFound(_("There is no such event."), field="event")
    lock_loan(loan_id)
    event = LoanEvent.objects.get(pk=event_id)
    undone = LoanEvent.objects.filter(loan_id=loan_id, kind=LoanEvent.Kind.REVERSAL, data__event=event.pk)
    if event.kind in _STAYS or undone.exists():
        raise CannotBeUndone(_("This cannot be undone, or was undone before."), field="event")

    payment = Payment.objects.filter(pk=event.pk).first()
    if payment is not None:
        mark_returned(payment)
    reversal = book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.REVERSAL,
        effective_on=event.effective_on,
        today=today,
        amount_minor=event.amount_minor or None,
        data={"event": event.pk, "reason": reason}
        | ({"replaced_by": replaced_by} if replaced_by else {})
        | ({"act": act} if act else {}),
        description=f"Undo {event.kind.lower()} {event.pk}",
        actor=actor,
    )
    loan = reversal.loan
    if event.kind == LoanEvent.Kind.REFUND:
        tell_of_refund(event, loan, is_reversed=True)
    if payment is not None:
        tell_of_return(payment, loan, on=event.effective_on)
        events.publish("repayments.payment_returned", payment_id=payment.pk, loan_id=loan_id)
    return reversal
