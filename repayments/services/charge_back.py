"""Take a payment back because the payer's bank or the provider did, and book it again when the money is won back."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.kernel.money import InvalidAmount
from dashu.messaging.services import enqueue as messaging
from loans.models import Loan
from repayments.models import Chargeback, Payment
from repayments.selectors.standings import standings_of
from repayments.services.booking import lock_loan
from repayments.services.correct_payment import bookings_of
from repayments.services.receive_payment import receive_payment
from repayments.services.return_payment import PaymentNotFound, return_payment


class AlreadyReturned(DomainError):
    """The payment was taken back before, for another reason."""

    code = "already_returned"
    http_status = 409


class NotChargedBack(DomainError):
    """There is no chargeback of this payment that could be won back, or it was won already."""

    code = "not_charged_back"
    http_status = 409


@transaction.atomic
def charge_back(
    *,
    reference: str,
    charged_back_on: date,
    today: date,
    reason: str,
    actor: str,
    source: str = Chargeback.Source.STAFF,
    kind: str = Chargeback.Kind.CHARGEBACK,
    amount_minor: int | None = None,
    provider_reference: str = "",
) -> Chargeback:
    """
    Restate the loan as if the payment had never been received, keep why, and tell the borrower once.

    Of a part only, the payment is returned and what was left of it takes its place, with its value date. Calling again
    returns the first chargeback and changes nothing.

    :param amount_minor: what was taken back, all of the payment unless given.
    :raises PaymentNotFound: no payment has this reference.
    :raises AlreadyReturned: the payment was returned before, and not by a chargeback.
    :raises InvalidAmount: nothing, or more than the payment.
    :raises ReturnedBeforeReceived, DateOutsideContract: see `return_payment`.
    """
    payment = _locked(reference)
    if earlier := Chargeback.objects.filter(payment=payment).first():
        return earlier
    if payment.is_returned:
        raise AlreadyReturned(_("This payment is returned already."), field="reference")
    taken = payment.amount_minor if amount_minor is None else amount_minor
    if not 0 < taken <= payment.amount_minor:
        raise InvalidAmount(_("No more can be taken back than was paid."), field="amount")

    return_payment(reference=reference, returned_on=charged_back_on, today=today, reason=reason, actor=actor)
    record = Chargeback(
        payment=payment,
        kind=kind,
        source=source,
        charged_back_on=charged_back_on,
        amount_minor=taken,
        reason=reason,
        actor=actor,
        provider_reference=provider_reference,
    )
    if taken < payment.amount_minor:
        record.rest_payment = receive_payment(
            loan_id=payment.loan_id,
            amount_minor=payment.amount_minor - taken,
            received_on=payment.received_on,
            today=today,
            reference=f"REST-{payment.pk}",
            channel=payment.channel,
            actor=actor,
            has_arrived=True,
            replaces=payment,
        )
    record.save(force_insert=True)
    audit.record(
        action="repayments.payment_charged_back",
        subject_type="loan",
        subject_id=payment.loan_id,
        actor=actor,
        data={"reference": reference, "amount_minor": taken, "kind": kind, "source": source},
    )
    _tell(record, today=today)
    return record


@transaction.atomic
def win_chargeback(*, reference: str, won_on: date, today: date, actor: str, won_reference: str = "") -> Payment:
    """
    Book the money of a chargeback that was decided for us as a new payment, received on the day it came back.

    Calling again returns that payment and changes nothing.

    :param reference: of the payment that was charged back.
    :param won_reference: of the new payment; made from the old one's id unless given.
    :raises PaymentNotFound: no payment has this reference.
    :raises NotChargedBack: it was not charged back, or the chargeback was undone and the payment counts again.
    :raises DateOutsideContract, ReferenceReused: see `receive_payment`.
    """
    payment = _locked(reference)
    record = Chargeback.objects.select_related("won_payment").filter(payment=payment).first()
    if record is None:
        raise NotChargedBack(_("This payment was not charged back."), field="reference")
    if record.won_payment:
        return record.won_payment
    if bookings_of(reference).filter(is_returned=False).exists():
        raise NotChargedBack(_("This payment was not charged back."), field="reference")
    if won_on < record.charged_back_on:
        raise NotChargedBack(_("Money cannot be won back before it was taken back."), field="won_on")
    record.won_payment = receive_payment(
        loan_id=payment.loan_id,
        amount_minor=record.amount_minor,
        received_on=won_on,
        today=today,
        reference=won_reference or f"WON-{payment.pk}",
        channel=payment.channel,
        actor=actor,
        has_arrived=True,
    )
    record.won_on = won_on
    record.save(update_fields=["won_on", "won_payment"])
    return record.won_payment


def _locked(reference: str) -> Payment:
    """Return the payment, read after its loan is locked."""
    loan_id = Payment.objects.filter(reference=reference).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise PaymentNotFound(_("There is no payment with this reference."), field="reference")
    lock_loan(loan_id)
    return Payment.objects.get(reference=reference)


def _tell(record: Chargeback, *, today: date) -> None:
    payment = record.payment
    loan = Loan.objects.get(pk=payment.loan_id)
    standing = standings_of([loan], today=today)[loan.pk]
    messaging.enqueue(
        dedupe_key=f"charged_back:{payment.pk}",
        borrower_id=loan.borrower_id,
        loan_id=loan.pk,
        template="repayments.refunded" if record.kind == Chargeback.Kind.REFUND else "repayments.charged_back",
        params={
            "loan_number": loan.number,
            "amount_minor": record.amount_minor,
            "currency": loan.currency,
            "received_on": payment.received_on.isoformat(),
            "returned_on": record.charged_back_on.isoformat(),
            "due_minor": standing.due_now or None,
        },
    )
