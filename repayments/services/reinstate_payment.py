"""Book a payment again that was returned by mistake: it did hold after all."""

from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from repayments.models import BankMatch, Chargeback, LoanEvent, Payment
from repayments.services.acting import ReasonMissing
from repayments.services.correct_payment import (
    NothingToCorrect,
    PaymentNotCorrectable,
    bookings_of,
    locked_payment,
    next_reference,
)
from repayments.services.receive_payment import receive_payment


class MoneyInSuspense(DomainError):
    """The bank line that the payment was booked from was undone, so its money waits to be matched again."""

    code = "money_in_suspense"
    http_status = 409


@transaction.atomic
def reinstate_payment(*, reference: str, today: date, reason: str, actor: str) -> Payment:
    """
    Book the money of a returned payment again, with its own value date, under the next reference.

    It takes the place of what was returned: the loan is as if it had never been. The return stays on record.

    :param reference: of the payment as it was booked. The new one has the next that is free of "REF~2", "REF~3".
    :raises PaymentNotFound: no payment has this reference.
    :raises NothingToCorrect: it was not returned, or its money counts in another payment.
    :raises MoneyInSuspense: its bank line was undone.
    :raises PaymentNotCorrectable: a partial prepayment.
    :raises ReasonMissing: no reason is given.
    """
    payment = locked_payment(reference)
    if not reason.strip():
        raise ReasonMissing(
            _("Say why, so that the borrower and those who come after you can understand it."), field="reason"
        )
    if payment.event.kind == LoanEvent.Kind.PREPAYMENT:
        raise PaymentNotCorrectable(
            _("A partial prepayment cannot be corrected. Undo it and book it anew."), field="payment"
        )
    latest = latest_here = payment
    while newer := Payment.objects.filter(reference=next_reference(latest.reference)).first():
        latest = newer
        if newer.loan_id == payment.loan_id:  # the money may have been moved to another loan meanwhile
            latest_here = newer
    if not payment.is_returned or not latest.is_returned:
        raise _counts_already()
    _refuse_money_elsewhere(payment)
    booked = receive_payment(
        loan_id=payment.loan_id,
        amount_minor=payment.amount_minor,
        received_on=payment.received_on,
        today=today,
        reference=next_reference(latest.reference),
        channel=payment.channel,
        actor=actor,
        kind=payment.event.kind,
        installment=payment.event.data.get("installment"),
        has_arrived=True,
        replaces=latest_here,
    )
    audit.record(
        action="repayments.payment_reinstated",
        subject_type="loan",
        subject_id=payment.loan_id,
        actor=actor,
        data={"reference": reference, "became": booked.reference, "reason": reason},
    )
    return booked


def _refuse_money_elsewhere(payment: Payment) -> None:
    """Refuse what would put the same money on the books twice, beside the rest of a chargeback or a bank line."""
    mine = bookings_of(payment.reference)
    before = Chargeback.objects.filter(Q(rest_payment__in=mine) | Q(won_payment__in=mine)).select_related("payment")
    after = Chargeback.objects.filter(payment__in=mine).select_related("rest_payment", "won_payment")
    others = [record.payment for record in before]
    others += [other for record in after for other in (record.rest_payment, record.won_payment) if other]
    if any(bookings_of(other.reference).filter(is_returned=False).exists() for other in others):
        raise _counts_already()
    origins = [*mine, *(record.payment for record in before)]
    if BankMatch.objects.filter(payment__in=origins).exclude(undone_at=None).exists():
        raise MoneyInSuspense(
            _("The bank line of this payment was undone, so its money waits in suspense. Match the line again."),
            field="payment",
        )


def _counts_already() -> NothingToCorrect:
    return NothingToCorrect(_("This payment counts already, or a correction of it does."), field="payment")
