"""
Correct a payment that was booked with a wrong amount, day or installment, or pay another installment with it.

The payment is undone from its own value date and booked anew in the same transaction, so the money is never missing
from the loan and never there twice. The first booking stays on record beside its reversal.
"""

import re
from datetime import date
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from dashu.finance.loan import SettlementTooSmall
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.models import LoanEvent, Payment
from repayments.services.acting import ReasonMissing
from repayments.services.booking import lock_loan
from repayments.services.receive_payment import receive_payment
from repayments.services.return_payment import PaymentNotFound
from repayments.services.undo_event import undo_event


class PaymentReturned(DomainError):
    """The payment was returned or corrected before: it no longer counts."""

    code = "payment_returned"
    http_status = 409


class NothingToCorrect(DomainError):
    """The payment is already as it is to be."""

    code = "nothing_to_correct"


class PaymentNotCorrectable(DomainError):
    """A payment of this kind says more than an amount and a day; it is undone and booked anew by its own act."""

    code = "payment_not_correctable"


_COUNTED = re.compile(r"(?P<stem>.+)~(?P<count>[0-9]{1,3})", re.DOTALL)


@transaction.atomic
def correct_payment(
    *,
    reference: str,
    today: date,
    reason: str,
    actor: str,
    amount_minor: int | None = None,
    received_on: date | None = None,
    installment: int | None = None,
) -> Payment:
    """
    Undo a payment and book it anew as it should have been; what is not given stays as it was.

    Calling again with the same values returns the corrected payment and changes nothing.

    :param reference: of the payment as it was booked. The new one has the next of "REF", "REF~2", "REF~3".
    :param installment: number of the installment that is to be paid first.
    :returns: the new payment.
    :raises PaymentNotFound: no payment has this reference.
    :raises PaymentReturned: it no longer counts, and was not corrected to the same values.
    :raises NothingToCorrect: it is already so.
    :raises PaymentNotCorrectable: a partial prepayment.
    :raises ReasonMissing: no reason is given.
    :raises DateOutsideContract: the day lies before the loan's start or after today.
    :raises EventRefused: there is no such installment, or nothing of it is unpaid.
    """
    payment = locked_payment(reference)
    wanted = (amount_minor or payment.amount_minor, received_on or payment.received_on, payment.loan_id)
    chosen = payment.event.data.get("installment") if installment is None else installment
    if payment.is_returned:
        return corrected_before(payment, wanted, chosen)
    if wanted == _values(payment) and chosen == payment.event.data.get("installment"):
        raise NothingToCorrect(_("The payment is already booked like this."), field="amount")
    return book_anew(
        payment,
        to=payment.loan,
        amount_minor=wanted[0],
        received_on=wanted[1],
        installment=chosen,
        has_arrived=installment is None,
        today=today,
        reason=reason,
        actor=actor,
    )


def apply_to_installment(*, reference: str, installment: int, today: date, reason: str, actor: str) -> Payment:
    """Apply a payment to a chosen installment first, whatever the waterfall says; see `correct_payment`."""
    return correct_payment(reference=reference, installment=installment, today=today, reason=reason, actor=actor)


def locked_payment(reference: str) -> Payment:
    """Return the payment, its loan locked. :raises PaymentNotFound: no payment has this reference."""
    loan_id = Payment.objects.filter(reference=reference).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise PaymentNotFound(_("There is no payment with this reference."), field="payment")
    lock_loan(loan_id)
    return Payment.objects.select_related("event", "loan").get(reference=reference)


def corrected_before(payment: Payment, wanted: tuple[int, date, int], installment: int | None) -> Payment:
    """Return what a returned payment was corrected to, where that is what is wanted again; refuse it otherwise."""
    newer = Payment.objects.select_related("event").filter(reference=next_reference(payment.reference)).first()
    if newer and _values(newer) == wanted and newer.event.data.get("installment") == installment:
        return newer
    raise PaymentReturned(_("This payment was returned or corrected before and no longer counts."), field="payment")


def book_anew(
    payment: Payment,
    *,
    to: Loan,
    amount_minor: int,
    received_on: date,
    installment: int | None,
    has_arrived: bool,
    today: date,
    reason: str,
    actor: str,
) -> Payment:
    """Undo a payment of a locked loan and book the money under its next reference."""
    if payment.event.kind == LoanEvent.Kind.PREPAYMENT:
        raise PaymentNotCorrectable(
            _("A partial prepayment cannot be corrected. Undo it and book it anew."), field="payment"
        )
    if not reason.strip():
        raise ReasonMissing(
            _("Say why, so that the borrower and those who come after you can understand it."), field="reason"
        )
    reference = next_reference(payment.reference)
    undo_event(event_id=payment.pk, today=today, reason=reason, actor=actor, replaced_by=reference)
    kind = payment.event.kind if to.pk == payment.loan_id else LoanEvent.Kind.PAYMENT
    receive = partial(
        receive_payment,
        loan_id=to.pk,
        amount_minor=amount_minor,
        received_on=received_on,
        today=today,
        reference=reference,
        channel=payment.channel,
        actor=actor,
        installment=installment,
        has_arrived=has_arrived,
    )
    try:
        with transaction.atomic():
            return receive(kind=kind)
    except SettlementTooSmall:
        # The money is here; that it does not settle the loan makes it a payment, as in every replay.
        return receive(kind=LoanEvent.Kind.PAYMENT)


def next_reference(reference: str) -> str:
    """Return the reference of a payment's correction: "REF" → "REF~2" → "REF~3"."""
    counted = _COUNTED.fullmatch(reference)
    return f"{counted['stem']}~{int(counted['count']) + 1}" if counted else f"{reference}~2"


def bookings_of(reference: str) -> QuerySet[Payment]:
    """Return all bookings of the same money: the first, and its corrections, on whatever loans."""
    counted = _COUNTED.fullmatch(reference)
    stem = counted["stem"] if counted else reference
    return Payment.objects.filter(Q(reference=stem) | Q(reference__startswith=f"{stem}~"))


def _values(payment: Payment) -> tuple[int, date, int]:
    return payment.amount_minor, payment.received_on, payment.loan_id
