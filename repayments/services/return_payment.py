"""Take a payment back that did not hold: a bounced debit, a chargeback, a posting to the wrong loan."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from repayments.models import LoanEvent, Payment
from repayments.services.booking import load, lock_loan, refuse_outside_contract
from repayments.services.partner_events import tell_of_return
from repayments.services.receipts import mark_returned
from repayments.services.restate import restate_and_tell


class PaymentNotFound(DomainError):
    """No payment has this reference."""

    code = "payment_not_found"
    http_status = 404


class ReturnedBeforeReceived(DomainError):
    """Money cannot go back before it came."""

    code = "returned_before_received"


@transaction.atomic
def return_payment(*, reference: str, returned_on: date, today: date, reason: str, actor: str) -> Payment:
    """
    Restate the loan as if the payment had never been received; the old due date counts again.

    Calling again changes nothing.

    :raises PaymentNotFound: no payment has this reference.
    :raises ReturnedBeforeReceived: the day lies before the payment's value date.
    :raises DateOutsideContract: the day lies before the loan's start or after today.
    """
    loan_id = Payment.objects.filter(reference=reference).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise PaymentNotFound(_("There is no payment with this reference."), field="reference")
    loan = lock_loan(loan_id)
    payment = Payment.objects.get(reference=reference)
    if payment.is_returned:
        return payment
    refuse_outside_contract(loan, returned_on, today=today, field="returned_on")
    if returned_on < payment.received_on:
        raise ReturnedBeforeReceived(
            _("The payment was received on %(received)s. It cannot be returned before."),
            field="returned_on",
            params={"received": payment.received_on},
        )

    loaded = load(loan)
    event = LoanEvent.objects.create(
        loan=loan,
        kind=LoanEvent.Kind.REVERSAL,
        effective_on=returned_on,
        amount_minor=payment.amount_minor,
        data={"event": payment.pk, "reason": reason},
        actor=actor,
    )
    mark_returned(payment)
    restate_and_tell(loaded, description=f"Returned {reference}", event=event, today=today)
    audit.record(
        action="repayments.payment_returned",
        subject_type="loan",
        subject_id=loan.pk,
        actor=actor,
        data={"reference": reference, "reason": reason},
    )
    tell_of_return(payment, loan, on=returned_on)
    events.publish("repayments.payment_returned", payment_id=payment.pk, loan_id=loan.pk)
    return payment
