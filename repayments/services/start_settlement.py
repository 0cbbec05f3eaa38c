"""Begin the online payment that pays a loan off for an accepted quote."""

import uuid
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from repayments.models import Checkout, PayoffCheckout, PayoffQuote
from repayments.services.booking import lock_loan
from repayments.services.gateway import begun_with, provider
from repayments.services.payoff_quotes import NothingToSettle, QuoteNotAccepted, quote_of, refuse_unless_holds


def start_settlement(*, loan_id: int, token: uuid.UUID, today: date, once: uuid.UUID | None = None) -> Checkout:
    """
    Begin a payment of what ends the loan today, which is at most the quote's amount; nothing is booked yet.

    :param once: made by whoever asks; asking again with it returns the first checkout, whatever became of it.

    :raises NoPaymentProvider: online payment is not set up here.
    :raises QuoteNotFound: :raises QuoteNotAccepted: :raises QuoteExpired: :raises QuoteVoid: :raises QuoteClosed:
        as when the quote is accepted.
    :raises NothingToSettle: nothing has to be paid today.
    """
    chosen = provider()
    with transaction.atomic():
        loan = lock_loan(loan_id)
        quote = quote_of(loan, token)
        if earlier := begun_with(once, loan=loan, quote=quote):
            return earlier
        if quote.status == PayoffQuote.Status.OFFERED:
            raise QuoteNotAccepted(_("This quote must be accepted before it is paid."), field="quote")
        refuse_unless_holds(quote, loan, today=today)
        day = quote.day(today)
        assert day is not None
        assert day["total"] <= quote.total_minor
        if day["total"] == 0:
            raise NothingToSettle(_("Nothing has to be paid to end this loan."), field="loan")
        checkout = Checkout.objects.create(
            token=once or uuid.uuid4(), loan=loan, amount_minor=day["total"], provider=chosen.name
        )
        PayoffCheckout.objects.create(checkout=checkout, quote=quote, value_on=today)
        return checkout
