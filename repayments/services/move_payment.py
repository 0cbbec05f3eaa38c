"""Move a payment to the loan that it was meant for: undone on one loan and booked on the other, or neither."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from repayments.models import Payment
from repayments.services.booking import lock_loans
from repayments.services.correct_payment import NothingToCorrect, book_anew, corrected_before, locked_payment
from repayments.services.return_payment import PaymentNotFound


class OtherBorrower(DomainError):
    """The other loan is another person's; only money that was posted wrongly goes there."""

    code = "other_borrower"


class OtherCurrency(DomainError):
    """The loans are held in different currencies."""

    code = "other_currency"


@transaction.atomic
def move_payment(
    *, reference: str, to_loan_id: int, today: date, reason: str, actor: str, is_wrong_posting: bool = False
) -> Payment:
    """
    Undo a payment and book the same money, with the same value date, on another loan.

    Calling again returns the moved payment and changes nothing.

    :param reference: of the payment as it was booked. The new one has the next of "REF", "REF~2", "REF~3".
    :param is_wrong_posting: the money was posted to the wrong loan, so it may go to another borrower's.
    :returns: the payment on the other loan.
    :raises PaymentNotFound: no payment has this reference.
    :raises PaymentReturned: it no longer counts.
    :raises NothingToCorrect: it is on that loan already.
    :raises OtherBorrower: the other loan is another borrower's, and nobody said that it was a wrong posting.
    :raises OtherCurrency: the loans are held in different currencies.
    :raises LoanNotPayable: the other loan has not been paid out, or its claim has ended.
    :raises DateOutsideContract: the payment came before the other loan began.
    """
    from_loan_id = Payment.objects.filter(reference=reference).values_list("loan_id", flat=True).first()
    if from_loan_id is None:
        raise PaymentNotFound(_("There is no payment with this reference."), field="payment")
    to = lock_loans([from_loan_id, to_loan_id])[to_loan_id]
    payment = locked_payment(reference)
    if payment.is_returned:
        return corrected_before(payment, (payment.amount_minor, payment.received_on, to.pk), None)
    if to.pk == payment.loan_id:
        raise NothingToCorrect(_("The payment is on this loan already."), field="to_loan")
    if to.currency != payment.loan.currency:
        raise OtherCurrency(_("The loans are held in different currencies."), field="to_loan")
    if to.borrower_id != payment.loan.borrower_id and not is_wrong_posting:
        raise OtherBorrower(
            _("The other loan belongs to another borrower. Only money that was posted to the wrong loan goes there."),
            field="to_loan",
        )
    moved = book_anew(
        payment,
        to=to,
        amount_minor=payment.amount_minor,
        received_on=payment.received_on,
        installment=None,
        has_arrived=False,
        today=today,
        reason=reason,
        actor=actor,
    )
    audit.record(
        action="repayments.payment_moved",
        subject_type="loan",
        subject_id=to.pk,
        actor=actor,
        data={"reference": reference, "from_loan": payment.loan_id, "became": moved.reference, "reason": reason},
    )
    return moved
