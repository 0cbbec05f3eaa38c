"""Book a payment again that was returned by mistake: it did hold after all."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from repayments.models import LoanEvent, Payment
from repayments.services.acting import ReasonMissing
from repayments.services.correct_payment import (
    NothingToCorrect,
    PaymentNotCorrectable,
    locked_payment,
    next_reference,
)
from repayments.services.receive_payment import receive_payment


@transaction.atomic
def reinstate_payment(*, reference: str, today: date, reason: str, actor: str) -> Payment:
    """
    Book the money of a returned payment again, with its own value date, under the next reference.

    It takes the place of what was returned: the loan is as if it had never been. The return stays on record.

    :param reference: of the payment as it was booked. The new one has the next that is free of "REF~2", "REF~3".
    :raises PaymentNotFound: no payment has this reference.
    :raises NothingToCorrect: it was not returned, or a correction of it counts.
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
        raise NothingToCorrect(_("This payment counts already, or a correction of it does."), field="payment")
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
