"""Send money back that a borrower has with us beyond what is owed."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from repayments.models import LoanEvent
from repayments.services.acting import book_act
from repayments.services.booking import lock_loan
from repayments.services.receive_payment import ReferenceReused


@transaction.atomic
def refund_credit(
    *, loan_id: int, amount_minor: int, refunded_on: date, reference: str, today: date, reason: str, actor: str
) -> LoanEvent:
    """
    Book a refund of the loan's unapplied credit.

    Calling again with the same reference returns the first refund and changes nothing, unless that one was undone.

    :param reference: of the outgoing payment, unique over all refunds.
    :raises EventRefused: the credit is smaller than the amount.
    :raises ReferenceReused: the reference belongs to a different refund.
    """
    loan = lock_loan(loan_id)
    if earlier := _counting(reference):
        if (earlier.loan_id, earlier.amount_minor, earlier.effective_on) != (loan.pk, amount_minor, refunded_on):
            raise ReferenceReused(_("This reference belongs to another refund."), field="reference")
        return earlier
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.REFUND,
        effective_on=refunded_on,
        today=today,
        amount_minor=amount_minor,
        data={"reference": reference, "reason": reason},
        description=f"Refund {reference}",
        actor=actor,
        field="refunded_on",
    )


def _counting(reference: str) -> LoanEvent | None:
    """Return the refund with this reference that was not undone."""
    for refund in LoanEvent.objects.filter(kind=LoanEvent.Kind.REFUND, data__reference=reference):
        reversals = LoanEvent.objects.filter(loan_id=refund.loan_id, kind=LoanEvent.Kind.REVERSAL)
        if not reversals.filter(data__event=refund.pk).exists():
            return refund
    return None
