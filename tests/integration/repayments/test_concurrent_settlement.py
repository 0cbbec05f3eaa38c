"""Two connections at one quote: whoever locks the loan first decides, and the books reconcile either way."""

from datetime import date

import pytest

from repayments.models import Payment, PayoffQuote
from repayments.selectors.reconciliation import differences
from repayments.services.payoff_quotes import (
    QuoteAlreadyAccepted,
    QuoteVoid,
    accept_payoff_quote,
    quote_payoff,
)
from repayments.services.return_payment import return_payment
from repayments.services.settle_by_quote import settle_by_quote
from tests.factories import ACTOR, pay, yuan
from tests.integration.repayments.test_concurrent_writes import at_once, committed_loan  # noqa: F401 – a fixture

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = date(2026, 2, 20)


@pytest.fixture
def quote(committed_loan):  # noqa: F811
    pay(committed_loan, 1_100_16, date(2026, 2, 15), reference="FIRST")
    return quote_payoff(loan_id=committed_loan.pk, valid_to=TODAY, today=TODAY, actor=ACTOR)


def accept(quote):
    return accept_payoff_quote(loan_id=quote.loan_id, token=quote.token, today=TODAY, actor=ACTOR)


def settle(quote, reference="END"):
    return settle_by_quote(
        loan_id=quote.loan_id,
        token=quote.token,
        amount_minor=quote.total_minor,
        received_on=TODAY,
        today=TODAY,
        reference=reference,
        channel="BANK_TRANSFER",
        actor=ACTOR,
    )


def names(results) -> list[str]:
    return [type(result).__name__ for result in results]


class TestConcurrentSettlement:
    @pytest.mark.parametrize("time", range(3))
    def test_acceptance_against_a_payment(self, quote, time):
        accepted, paid = at_once(lambda: accept(quote), lambda: pay(quote.loan, yuan(100), TODAY))

        assert isinstance(paid, Payment)
        assert isinstance(accepted, PayoffQuote | QuoteVoid)
        # Accepted first or refused: in either case the payment has made the quote worthless, and it cannot be paid.
        [refused] = at_once(lambda: settle(quote))
        assert type(refused).__name__ in ("QuoteVoid", "QuoteNotAccepted")
        assert Payment.objects.count() == 2
        assert differences() == []

    def test_acceptance_four_times_at_once_accepts_once(self, quote):
        results = at_once(*[lambda: accept(quote)] * 4)

        assert sorted(names(results)) == ["PayoffQuote", *[QuoteAlreadyAccepted.__name__] * 3]

    def test_settlement_against_a_payment_ends_one_way_or_the_other(self, quote):
        accept(quote)

        settled, paid = at_once(lambda: settle(quote), lambda: pay(quote.loan, yuan(100), TODAY))

        quote.loan.refresh_from_db()
        outcome = (type(settled).__name__, type(paid).__name__, quote.loan.status)
        assert outcome in [("Payment", "LoanNotPayable", "SETTLED"), ("QuoteVoid", "Payment", "ACTIVE")]
        assert Payment.objects.count() == 2
        assert differences() == []

    def test_settlement_twice_at_once_settles_once(self, quote):
        accept(quote)

        results = at_once(*[lambda: settle(quote)] * 3)

        assert names(results) == ["Payment"] * 3
        assert Payment.objects.count() == 2

    def test_settlement_against_the_reversal_of_an_earlier_payment(self, quote):
        accept(quote)

        settled, returned = at_once(
            lambda: settle(quote),
            lambda: return_payment(reference="FIRST", returned_on=TODAY, today=TODAY, reason="x", actor=ACTOR),
        )

        # Settled first, the loan runs again by the reversal; reversed first, the quote no longer fits.
        assert type(settled).__name__ in ("Payment", "QuoteVoid")
        assert isinstance(returned, Payment)
        quote.loan.refresh_from_db()
        assert quote.loan.status == "ACTIVE"
        assert differences() == []
