"""Pay a loan off for the amount of an accepted quote."""

import uuid
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.finance.loan import EventRefused, LoanClosed, SettlementTooSmall
from dashu.policy import rules as policy
from loans.models import Loan
from repayments.models import Channel, LoanEvent, Payment, PayoffCheckout, PayoffQuote
from repayments.services.booking import lock_loan
from repayments.services.partner_events import tell_of_quote
from repayments.services.payoff_quotes import QuoteExpired, QuoteNotAccepted, quote_of, refuse_unless_holds
from repayments.services.receive_payment import receive_payment

Kind = LoanEvent.Kind


@transaction.atomic
def settle_by_quote(
    *,
    loan_id: int,
    token: uuid.UUID,
    amount_minor: int,
    received_on: date,
    today: date,
    reference: str,
    channel: str,
    actor: str,
) -> Payment:
    """
    End the loan with money that came for an accepted quote; what its day does not need is the borrower's credit.

    Calling again with the same reference returns the first payment and changes nothing.

    :param received_on: value date, a day of the quote's time.
    :raises QuoteNotFound: the loan has no such quote.
    :raises QuoteNotAccepted: it is only offered yet.
    :raises QuoteExpired: the money came after its last day.
    :raises QuoteVoid: the loan has changed since. :raises QuoteClosed: it was paid, withdrawn or replaced.
    :raises SettlementTooSmall: the amount does not reach the payoff of its day.
    :raises DateOutsideContract: :raises InvalidAmount: :raises ReferenceReused: see `receive_payment`.
    """
    loan = lock_loan(loan_id)
    quote = quote_of(loan, token)
    if not Payment.objects.filter(reference=reference).exists():
        _refuse(quote, loan, received_on=received_on)
    payment = receive_payment(
        loan_id=loan_id,
        amount_minor=amount_minor,
        received_on=received_on,
        today=today,
        reference=reference,
        channel=channel,
        actor=actor,
        kind=Kind.SETTLEMENT,
    )
    _use(quote, payment)
    return payment


def settle_checkout(payoff: PayoffCheckout, *, today: date, reference: str, actor: str) -> Payment:
    """
    Book what a provider took for a payoff, of a loan that is locked. Money that has arrived is never refused.

    It counts on the day for which its amount was computed, if the provider confirms within the days that the policy
    allows. When that does not end the loan, because the loan changed meanwhile or the confirmation came too late, it is
    an ordinary payment, and what it cannot pay is the borrower's credit.
    """
    in_time = payoff.value_on + timedelta(days=policy.settlement_quotes(payoff.value_on).confirmation_days)
    received_on = payoff.value_on if today <= in_time else today
    checkout, quote = payoff.checkout, payoff.quote

    def receive(kind: str, on: date) -> Payment:
        return receive_payment(
            loan_id=checkout.loan_id,
            amount_minor=checkout.amount_minor,
            received_on=on,
            today=today,
            reference=reference,
            channel=Channel.GATEWAY,
            actor=actor,
            kind=kind,
            has_arrived=True,
        )

    if checkout.loan.status != Loan.Status.ACTIVE:
        return receive(Kind.PAYMENT, today)
    try:
        with transaction.atomic():
            payment = receive(Kind.SETTLEMENT, received_on)
    except (SettlementTooSmall, LoanClosed, EventRefused):
        return receive(Kind.PAYMENT, today)
    _use(quote, payment)
    return payment


def _refuse(quote: PayoffQuote, loan: Loan, *, received_on: date) -> None:
    """Refuse by the day on which the money came, which may lie before the day on which it is written down."""
    if quote.status == PayoffQuote.Status.OFFERED:
        raise QuoteNotAccepted(_("This quote must be accepted before it is paid."), field="quote")
    if received_on > quote.valid_to:
        raise QuoteExpired(
            _("This quote was valid to %(day)s. Ask for a new one."),
            field="received_on",
            params={"day": quote.valid_to},
        )
    if quote.status == PayoffQuote.Status.EXPIRED and quote.accepted_at:
        quote.status = PayoffQuote.Status.ACCEPTED
    refuse_unless_holds(quote, loan, today=received_on)


def _use(quote: PayoffQuote, payment: Payment) -> None:
    """Note by which payment the quote was paid."""
    if quote.payment_id is None:
        quote.status, quote.payment = PayoffQuote.Status.USED, payment
        quote.save(update_fields=["status", "payment"])
        tell_of_quote(quote, quote.loan, "payoff_quote.closed")
