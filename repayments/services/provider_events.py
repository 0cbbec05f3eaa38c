"""
What each message of a payment provider does to a checkout, in whatever order messages come.

* PAID is final: a later DECLINED is ignored, an earlier one or an expiry is overruled. PAID again under another
  reference is other money, which a person has to look at.
* What really came in is booked, whatever was asked for; a difference is flagged on the checkout.
* CHARGEBACK and REFUNDED before PAID, or a chargeback won before it is known, wait in the log and are done then.

A payment's value date is the day it was made, so a message that comes late costs the borrower no penalty.
"""

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.kernel.money import CurrencyMismatch
from loans.models import Loan
from repayments.gateways.base import EventKind, ProviderEvent
from repayments.models import Channel, Chargeback, Checkout, GatewayCallback, Payment, PayoffCheckout
from repayments.services.autopay_outcomes import note_collected, note_not_collected
from repayments.services.booking import lock_loan
from repayments.services.charge_back import charge_back, win_chargeback
from repayments.services.correct_payment import next_reference
from repayments.services.receive_payment import receive_payment
from repayments.services.settle_by_quote import settle_checkout
from repayments.services.split_payment import receive_split_payment, shared_out

ACTOR = "system:gateway"
Outcome = GatewayCallback.Outcome
TAKEN_BACK = {EventKind.CHARGEBACK: Chargeback.Kind.CHARGEBACK, EventKind.REFUNDED: Chargeback.Kind.REFUND}
# The order in which messages that waited are done.
_RANK = [EventKind.REFUNDED.value, EventKind.CHARGEBACK.value, EventKind.CHARGEBACK_WON.value]


class CheckoutNotFound(DomainError):
    """There is no checkout with this token."""

    code = "checkout_not_found"
    http_status = 404


class PaidTwice(DomainError):
    """The provider says that other money came in for a checkout that is paid."""

    code = "paid_twice"
    http_status = 409


def apply_event(event: ProviderEvent, *, today: date) -> str:
    """
    Do what the message says and return its outcome for the log. The caller holds the transaction.

    :raises CheckoutNotFound: no such checkout.
    :raises CurrencyMismatch: the money is of another currency than the loan.
    :raises PaidTwice: it is paid, and this is other money.
    """
    checkout = _locked(event)
    outcome = _apply(checkout, event, today=today)
    if outcome == Outcome.BOOKED:
        _apply_parked(checkout, today=today)
    return outcome


def _locked(event: ProviderEvent) -> Checkout:
    """Lock the loans of the checkout and of its payments, lowest id first, and read it afterwards."""
    found = Checkout.objects.filter(token=event.checkout).first()
    if found is None:
        raise CheckoutNotFound(_("There is no such checkout."), field="checkout")
    stated = {found.loan_id, *(part[0] for part in found.parts)}
    for locked_id in sorted(stated | {payment.loan_id for payment in _payments_of(found)}):
        lock_loan(locked_id)
    return Checkout.objects.select_related("loan", "payment", "payoff__quote").get(token=event.checkout)


def _apply(checkout: Checkout, event: ProviderEvent, *, today: date) -> str:
    if event.kind is EventKind.PAID:
        return _paid(checkout, event, today=today)
    if event.kind is EventKind.DECLINED:
        return _declined(checkout, event, today=today)
    if event.kind is EventKind.CHARGEBACK_WON:
        return _won(checkout, event, today=today)
    return _taken_back(checkout, event, today=today)


def _paid(checkout: Checkout, event: ProviderEvent, *, today: date) -> str:
    if checkout.status == Checkout.Status.PAID:
        _refuse_second_money(checkout, event)
        return Outcome.IGNORED
    if event.currency != checkout.loan.currency:
        raise CurrencyMismatch(
            _("This loan is in %(currency)s. Send the amount in that currency."),
            field="currency",
            params={"currency": checkout.loan.currency},
        )
    received_on = _day_of(event, checkout.loan, today=today)
    checkout.payment = _book(checkout, event, received_on=received_on, today=today)
    checkout.status = Checkout.Status.PAID
    checkout.failure = ""
    checkout.received_minor = event.amount_minor if event.amount_minor != checkout.amount_minor else None
    checkout.save(update_fields=["payment", "status", "failure", "received_minor"])
    if checkout.purpose == Checkout.Purpose.AUTOPAY:
        note_collected(checkout, answered_on=received_on)
    return Outcome.BOOKED


def _refuse_second_money(checkout: Checkout, event: ProviderEvent) -> None:
    """:raises PaidTwice: the message is not of the money that the checkout was paid with."""
    assert checkout.payment is not None
    known = checkout.payment.reference
    if event.reference[:80] != known and f"{event.reference[:76]}-1" != known:
        raise PaidTwice(_("This checkout is paid already; a second payment of it needs a look."), field="checkout")


def _book(checkout: Checkout, event: ProviderEvent, *, received_on: date, today: date) -> Payment:
    payoff: PayoffCheckout | None = getattr(checkout, "payoff", None)
    if payoff and event.amount_minor == checkout.amount_minor:
        return settle_checkout(payoff, today=today, reference=event.reference[:80], actor=ACTOR)
    if parts := shared_out(checkout.parts, event.amount_minor):
        group = receive_split_payment(
            borrower_id=checkout.loan.borrower_id,
            parts=parts,
            total_minor=event.amount_minor,
            received_on=received_on,
            today=today,
            reference=event.reference[:76],
            channel=Channel.GATEWAY,
            actor=ACTOR,
            has_arrived=True,
            checkout_id=checkout.pk,
        )
        return group.parts.select_related("payment").order_by("position")[0].payment
    return receive_payment(
        loan_id=checkout.loan_id,
        amount_minor=event.amount_minor,
        received_on=received_on,
        today=today,
        reference=event.reference[:80],
        channel=Channel.AUTOPAY if checkout.purpose == Checkout.Purpose.AUTOPAY else Channel.GATEWAY,
        actor=ACTOR,
        has_arrived=True,
    )


def _declined(checkout: Checkout, event: ProviderEvent, *, today: date) -> str:
    if checkout.status in (Checkout.Status.PAID, Checkout.Status.DECLINED):
        return Outcome.IGNORED
    checkout.status, checkout.failure = Checkout.Status.DECLINED, event.failure[:24]
    checkout.save(update_fields=["status", "failure"])
    if checkout.purpose == Checkout.Purpose.AUTOPAY:
        note_not_collected(checkout, answered_on=_day_of(event, checkout.loan, today=today), today=today)
    return Outcome.NOTED


def _taken_back(checkout: Checkout, event: ProviderEvent, *, today: date) -> str:
    payments = _payments_of(checkout)
    if not payments:
        return Outcome.PARKED
    standing = [payment for payment in payments if not payment.is_returned]
    if not standing or Chargeback.objects.filter(payment__in=payments, provider_reference=event.reference).exists():
        return Outcome.IGNORED
    kind = TAKEN_BACK[event.kind]
    reason = gettext("Refunded at the payment provider.") if kind == Chargeback.Kind.REFUND else gettext("Chargeback.")
    left = event.amount_minor or sum(payment.amount_minor for payment in standing)
    # The last stated part gives way first.
    for payment in reversed(standing):
        taken = min(left, payment.amount_minor)
        if taken:
            charge_back(
                reference=payment.reference,
                charged_back_on=max(_day_of(event, checkout.loan, today=today), payment.received_on),
                today=today,
                reason=reason,
                actor=ACTOR,
                source=Chargeback.Source.PROVIDER,
                kind=kind,
                amount_minor=taken,
                provider_reference=event.reference,
            )
        left -= taken
    return Outcome.BOOKED


def _won(checkout: Checkout, event: ProviderEvent, *, today: date) -> str:
    records = Chargeback.objects.filter(payment__in=_payments_of(checkout), kind=Chargeback.Kind.CHARGEBACK)
    open_records = [record for record in records.select_related("payment").order_by("pk") if record.won_on is None]
    if not open_records:
        return Outcome.IGNORED if records else Outcome.PARKED
    for number, record in enumerate(open_records, start=1):
        win_chargeback(
            reference=record.payment.reference,
            won_on=max(_day_of(event, checkout.loan, today=today), record.charged_back_on),
            today=today,
            actor=ACTOR,
            won_reference=event.reference[:80] if len(open_records) == 1 else f"{event.reference[:76]}-{number}",
        )
    return Outcome.BOOKED


def _apply_parked(checkout: Checkout, *, today: date) -> None:
    """Do what was told too early; each thing done may free the next."""
    waiting = GatewayCallback.objects.filter(checkout_token=checkout.token, outcome=Outcome.PARKED)
    for note in sorted(waiting, key=lambda note: _RANK.index(note.kind)):
        outcome = _apply(checkout, _event_of(note), today=today)
        if outcome != Outcome.PARKED:
            GatewayCallback.objects.filter(pk=note.pk).update(outcome=outcome)


def _event_of(note: GatewayCallback) -> ProviderEvent:
    assert note.checkout_token is not None
    assert note.occurred_at is not None
    return ProviderEvent(
        event_id=note.event_id,
        kind=EventKind(note.kind),
        checkout=note.checkout_token,
        reference=note.reference,
        amount_minor=note.amount_minor,
        currency=note.currency,
        occurred_at=note.occurred_at,
    )


def _payments_of(checkout: Checkout) -> list[Payment]:
    """Return what the checkout was booked as, in the order of its parts, each followed by what took its place."""
    if checkout.payment_id is None:
        return []
    if checkout.parts:
        found = Payment.objects.filter(group_part__group__checkout=checkout).order_by("group_part__position")
    else:
        found = Payment.objects.filter(pk=checkout.payment_id)
    return [payment for first in found for payment in _with_later(first)]


def _with_later(payment: Payment) -> list[Payment]:
    """Return a payment, what a chargeback left of it, and what it was corrected to or moved as."""
    left = Chargeback.objects.filter(payment=payment).exclude(rest_payment=None).values("rest_payment")
    later = Q(pk__in=left) | Q(reference=next_reference(payment.reference))
    return [payment, *(one for after in Payment.objects.filter(later).order_by("pk") for one in _with_later(after))]


def _day_of(event: ProviderEvent, loan: Loan, *, today: date) -> date:
    """Return the day it happened, in the lender's zone: not before the loan began, and never in the future."""
    return max(loan.starts_on, min(lender_date(event.occurred_at), today))
