from datetime import date, timedelta
from uuid import uuid4

import pytest

from collections_mgmt.services.close_day import close_date
from dashu.audit.models import AuditRecord
from dashu.finance.loan import Payoff, SettlementTooSmall
from repayments.domain.payoff_days import PayoffDay
from repayments.models import Checkout, LoanBalance, Payment, PayoffCheckout, PayoffQuote
from repayments.selectors.reconciliation import differences
from repayments.services.extend_loan import extend_loan
from repayments.services.gateway import SimulatedProvider, book_callback
from repayments.services.payoff_quotes import (
    NothingToSettle,
    QuoteAlreadyAccepted,
    QuoteClosed,
    QuoteDaysOutside,
    QuoteExpired,
    QuoteNotAccepted,
    QuoteNotFound,
    QuoteVoid,
    accept_payoff_quote,
    close_changed_quotes,
    close_expired_quotes,
    loans_with_stale_quotes,
    preview_payoff,
    quote_payoff,
    withdraw_payoff_quote,
)
from repayments.services.receive_payment import LoanNotPayable, ReferenceReused
from repayments.services.return_payment import return_payment
from repayments.services.settle_by_quote import settle_by_quote
from repayments.services.start_settlement import start_settlement
from tests import factories
from tests.factories import ACTOR, pay, yuan

pytestmark = pytest.mark.django_db

# The installment of 15 February is paid: 11,079.84 is left, and each day of the 28 to 15 March earns 166.20 / 28.
TODAY = date(2026, 2, 20)
LAST = date(2026, 2, 27)


@pytest.fixture
def paid_once(loan):
    pay(loan, 1_100_16, date(2026, 2, 15))
    return loan


def offered(loan, *, valid_to=LAST, today=TODAY) -> PayoffQuote:
    return quote_payoff(loan_id=loan.pk, valid_to=valid_to, today=today, actor=ACTOR)


def accept(quote, *, today=TODAY) -> PayoffQuote:
    return accept_payoff_quote(loan_id=quote.loan_id, token=quote.token, today=today, actor="user:7")


def settle(quote, amount, on, *, today=None, reference="SETTLE-1") -> Payment:
    return settle_by_quote(
        loan_id=quote.loan_id,
        token=quote.token,
        amount_minor=amount,
        received_on=on,
        today=today or on,
        reference=reference,
        channel="BANK_TRANSFER",
        actor=ACTOR,
    )


def call_back(checkout, *, today, outcome="PAID") -> Checkout:
    body, headers = SimulatedProvider().sign_callback(checkout, outcome)
    return book_callback(body=body, headers=headers, today=today)


def standing(loan) -> tuple[str, int, int]:
    """Status, principal and credit of a loan whose books reconcile."""
    loan.refresh_from_db()
    balance = LoanBalance.objects.get(pk=loan.pk)
    assert differences() == []
    return loan.status, balance.principal_minor, balance.unapplied_minor


class TestQuotePayoff:
    def test_says_what_ends_the_loan_on_every_day_part_by_part(self, paid_once):
        quote = offered(paid_once)

        assert [(day["on"], day["interest"], day["total"]) for day in quote.days][:2] == [
            ("2026-02-20", 29_68, 11_109_52),
            ("2026-02-21", 35_61, 11_115_45),
        ]
        assert (quote.quoted_on, quote.pays_on, quote.valid_to, len(quote.days)) == (TODAY, LAST, LAST, 8)
        assert (quote.principal_minor, quote.interest_minor, quote.penalty_minor) == (11_079_84, 71_23, 0)
        assert quote.total_minor == 11_151_07
        assert (quote.status, quote.actor) == ("OFFERED", ACTOR)

    def test_counts_arrears_and_their_penalty_up_to_each_day(self, loan):
        quote = offered(loan, valid_to=TODAY)

        # 4 nights at 24% of 360 days on 920.16: 2.45. The running period has earned 5 of 28 days of 166.20.
        assert (quote.penalty_minor, quote.interest_minor) == (2_45, 180_00 + 29_68)

    def test_asked_again_returns_the_same_offer(self, paid_once):
        assert offered(paid_once) == offered(paid_once)
        assert AuditRecord.objects.filter(action="repayments.payoff_quote_offered").count() == 1

    @pytest.mark.parametrize("valid_to", [TODAY - timedelta(days=1), TODAY + timedelta(days=16)])
    def test_binds_for_no_more_days_than_the_policy_says(self, paid_once, valid_to):
        with pytest.raises(QuoteDaysOutside) as refusal:
            offered(paid_once, valid_to=valid_to)

        assert refusal.value.field == "valid_to"
        assert PayoffQuote.objects.exists() is False

    def test_refuses_a_loan_that_does_not_run(self, amina, paid_once):
        with pytest.raises(LoanNotPayable):
            offered(factories.approved_loan(amina))
        settle(accept(offered(paid_once)), 11_109_52, TODAY)
        with pytest.raises(LoanNotPayable):
            offered(paid_once)

    def test_a_preview_writes_nothing(self, paid_once):
        days = preview_payoff(paid_once, valid_to=LAST, today=TODAY)

        assert days[0].total == 11_109_52
        assert PayoffQuote.objects.exists() is False


class TestAcceptPayoffQuote:
    def test_freezes_the_amount_and_notes_who_accepted(self, paid_once):
        quote = accept(offered(paid_once))

        assert (quote.status, quote.total_minor, quote.accepted_by) == ("ACCEPTED", 11_151_07, "user:7")
        assert quote.accepted_at is not None
        assert AuditRecord.objects.get(action="repayments.payoff_quote_accepted").actor == "user:7"

    def test_twice_is_refused_and_changes_nothing(self, paid_once):
        quote = accept(offered(paid_once))

        with pytest.raises(QuoteAlreadyAccepted):
            accept(quote)

        assert PayoffQuote.objects.get().accepted_at == quote.accepted_at

    def test_replaces_the_quote_accepted_before(self, paid_once):
        first = accept(offered(paid_once))

        second = accept(offered(paid_once, valid_to=TODAY))

        first.refresh_from_db()
        assert (first.status, second.status) == ("SUPERSEDED", "ACCEPTED")
        with pytest.raises(QuoteClosed):
            accept(first)

    def test_is_refused_after_the_last_day(self, paid_once):
        quote = offered(paid_once)

        with pytest.raises(QuoteExpired):
            accept(quote, today=LAST + timedelta(days=1))

        assert accept(quote, today=LAST).status == "ACCEPTED"

    def test_of_another_loan_is_not_found(self, paid_once, brook):
        quote, theirs = offered(paid_once), factories.running_loan(brook)

        for loan_id, token in ((theirs.pk, quote.token), (paid_once.pk, uuid4())):
            with pytest.raises(QuoteNotFound):
                accept_payoff_quote(loan_id=loan_id, token=token, today=TODAY, actor=ACTOR)

        quote.refresh_from_db()
        assert quote.status == "OFFERED"

    def test_is_refused_once_a_payment_changed_the_amount(self, paid_once):
        quote = offered(paid_once)
        pay(paid_once, yuan(100), TODAY)

        with pytest.raises(QuoteVoid):
            accept(quote)

        quote.refresh_from_db()
        assert quote.status == "OFFERED"

    def test_the_nightly_close_changes_nothing_of_it(self, loan):
        quote = offered(loan)
        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        assert accept(quote, today=TODAY + timedelta(days=1)).status == "ACCEPTED"

    def test_a_payment_that_was_returned_again_leaves_the_amount_as_it_was(self, paid_once):
        quote = offered(paid_once)
        pay(paid_once, yuan(100), TODAY, reference="GONE")
        return_payment(reference="GONE", returned_on=TODAY, today=TODAY, reason="x", actor=ACTOR)

        assert accept(quote).status == "ACCEPTED"


class TestWithdraw:
    def test_closes_an_open_quote_with_the_reason(self, paid_once):
        quote = accept(offered(paid_once))

        withdraw_payoff_quote(loan_id=paid_once.pk, token=quote.token, reason="wrong loan", actor="user:9")

        quote.refresh_from_db()
        assert (quote.status, quote.closed_note) == ("WITHDRAWN", "wrong loan")
        for refused in (lambda: settle(quote, quote.total_minor, TODAY), lambda: accept(quote)):
            with pytest.raises(QuoteClosed):
                refused()
        with pytest.raises(QuoteClosed):
            withdraw_payoff_quote(loan_id=paid_once.pk, token=quote.token, reason="again", actor="user:9")


class TestCloseQuotes:
    def test_an_event_that_changes_the_amount_voids_the_quote_and_says_which(self, paid_once):
        quote = accept(offered(paid_once))
        pay(paid_once, yuan(100), TODAY)

        assert loans_with_stale_quotes(today=TODAY) == [paid_once.pk]
        assert close_changed_quotes(loan_id=paid_once.pk, today=TODAY) == 1

        quote.refresh_from_db()
        assert (quote.status, quote.closed_reason, quote.closed_note) == ("VOID", "PAYMENT", "2026-02-20")
        assert close_changed_quotes(loan_id=paid_once.pk, today=TODAY) == 0

    def test_a_holiday_and_a_returned_payment_void_it_too(self, paid_once):
        quote = accept(offered(paid_once))
        extend_loan(loan_id=paid_once.pk, months=1, granted_on=TODAY, today=TODAY, reason="x", actor=ACTOR)
        close_changed_quotes(loan_id=paid_once.pk, today=TODAY)
        newer = accept(offered(paid_once))
        first = Payment.objects.get()
        return_payment(reference=first.reference, returned_on=TODAY, today=TODAY, reason="x", actor=ACTOR)
        close_changed_quotes(loan_id=paid_once.pk, today=TODAY)

        quote.refresh_from_db()
        newer.refresh_from_db()
        assert (quote.status, quote.closed_reason) == ("VOID", "EXTENSION")
        assert (newer.status, newer.closed_reason) == ("VOID", "REVERSAL")

    def test_a_quote_whose_last_day_has_passed_expires(self, paid_once):
        quote = accept(offered(paid_once))

        assert close_expired_quotes(today=LAST) == 0
        assert close_expired_quotes(today=LAST + timedelta(days=1)) == 1

        quote.refresh_from_db()
        assert quote.status == "EXPIRED"


class TestSettleByQuote:
    def test_the_amount_of_the_day_settles_exactly(self, paid_once):
        quote = accept(offered(paid_once))

        payment = settle(quote, quote.day(date(2026, 2, 24))["total"], date(2026, 2, 24))

        assert standing(paid_once) == ("SETTLED", 0, 0)
        assert (payment.principal_minor, payment.interest_minor, payment.unapplied_minor) == (11_079_84, 53_42, 0)
        quote.refresh_from_db()
        assert (quote.status, quote.payment) == ("USED", payment)

    def test_the_frozen_amount_settles_on_every_day_and_what_is_not_owed_is_a_credit(self, paid_once):
        quote = accept(offered(paid_once))

        settle(quote, quote.total_minor, TODAY)

        assert standing(paid_once) == ("SETTLED", 0, quote.total_minor - 11_109_52)

    def test_with_arrears_and_after_nightly_closes(self, loan):
        quote = accept(offered(loan))
        for step in range(4):
            close_date(business_date=TODAY + timedelta(days=step), today=TODAY + timedelta(days=step + 1))
        on = TODAY + timedelta(days=4)

        settle(quote, quote.day(on)["total"], on)

        assert standing(loan) == ("SETTLED", 0, 0)

    def test_money_of_a_day_in_time_counts_although_it_is_written_down_later(self, paid_once):
        quote = accept(offered(paid_once))
        later = LAST + timedelta(days=5)
        for step in range(8):
            close_date(business_date=LAST + timedelta(days=step - 3), today=later + timedelta(days=9))
        close_expired_quotes(today=later)

        settle(quote, quote.total_minor, LAST, today=later)

        assert standing(paid_once) == ("SETTLED", 0, 0)

    def test_the_same_reference_again_changes_nothing(self, paid_once):
        quote = accept(offered(paid_once))

        first, again = (settle(quote, 11_109_52, TODAY) for _time in range(2))

        assert first == again
        assert Payment.objects.count() == 2
        with pytest.raises(ReferenceReused):
            settle(quote, 11_109_53, TODAY)

    @pytest.mark.parametrize(
        ("amount", "on", "refusal"),
        [
            (11_109_51, TODAY, SettlementTooSmall),
            (11_151_07, LAST + timedelta(days=1), QuoteExpired),
        ],
    )
    def test_refuses_too_little_and_too_late_and_books_nothing(self, paid_once, amount, on, refusal):
        quote = accept(offered(paid_once))

        with pytest.raises(refusal):
            settle(quote, amount, on)

        assert standing(paid_once) == ("ACTIVE", 11_079_84, 0)
        quote.refresh_from_db()
        assert quote.status == "ACCEPTED"

    def test_refuses_a_quote_that_was_only_offered_or_no_longer_fits(self, paid_once):
        quote = offered(paid_once)
        with pytest.raises(QuoteNotAccepted):
            settle(quote, quote.total_minor, TODAY)
        accept(quote)
        pay(paid_once, yuan(1), TODAY)
        with pytest.raises(QuoteVoid):
            settle(quote, quote.total_minor, TODAY)

        assert Payment.objects.count() == 2

    def test_a_settlement_that_bounces_has_the_loan_run_again(self, paid_once):
        quote = accept(offered(paid_once))
        settle(quote, 11_109_52, TODAY)

        return_payment(reference="SETTLE-1", returned_on=LAST, today=LAST, reason="bounced", actor=ACTOR)

        assert standing(paid_once) == ("ACTIVE", 11_079_84, 0)
        with pytest.raises(QuoteClosed):
            settle(quote, quote.total_minor, LAST, reference="SETTLE-2")
        assert accept(offered(paid_once, valid_to=LAST, today=LAST), today=LAST).status == "ACCEPTED"


class TestSettlingOnline:
    def test_the_payer_pays_what_the_day_asks_for_and_never_more_than_the_quote(self, paid_once):
        quote = accept(offered(paid_once))

        checkout = start_settlement(loan_id=paid_once.pk, token=quote.token, today=date(2026, 2, 23))

        assert checkout.amount_minor == quote.day(date(2026, 2, 23))["total"] < quote.total_minor
        booked = call_back(checkout, today=date(2026, 2, 23))
        assert booked.payment.event.kind == "SETTLEMENT"
        assert standing(paid_once) == ("SETTLED", 0, 0)
        quote.refresh_from_db()
        assert quote.payment == booked.payment

    def test_a_confirmation_some_days_later_still_counts_on_the_day_of_paying(self, paid_once):
        quote = accept(offered(paid_once))
        checkout = start_settlement(loan_id=paid_once.pk, token=quote.token, today=LAST)
        close_date(business_date=LAST + timedelta(days=1), today=LAST + timedelta(days=2))
        close_expired_quotes(today=LAST + timedelta(days=3))

        booked = call_back(checkout, today=LAST + timedelta(days=3))

        assert booked.payment.received_on == LAST
        assert standing(paid_once) == ("SETTLED", 0, 0)

    def test_a_confirmation_that_comes_too_late_is_an_ordinary_payment(self, paid_once):
        quote = accept(offered(paid_once))
        checkout = start_settlement(loan_id=paid_once.pk, token=quote.token, today=LAST)

        booked = call_back(checkout, today=LAST + timedelta(days=4))

        assert (booked.payment.event.kind, booked.payment.received_on) == ("PAYMENT", LAST + timedelta(days=4))
        assert standing(paid_once)[0] == "ACTIVE"

    def test_a_payment_in_between_leaves_a_credit_and_loses_no_money(self, paid_once):
        quote = accept(offered(paid_once))
        checkout = start_settlement(loan_id=paid_once.pk, token=quote.token, today=TODAY)
        pay(paid_once, yuan(100), TODAY)

        call_back(checkout, today=TODAY)

        # The 100 had paid interest of the running period, of which 29.68 was earned.
        assert standing(paid_once) == ("SETTLED", 0, 29_68)

    def test_a_payment_returned_in_between_makes_it_an_ordinary_payment(self, paid_once):
        quote = accept(offered(paid_once))
        checkout = start_settlement(loan_id=paid_once.pk, token=quote.token, today=TODAY)
        first = Payment.objects.get()
        return_payment(reference=first.reference, returned_on=TODAY, today=TODAY, reason="x", actor=ACTOR)

        booked = call_back(checkout, today=TODAY)

        assert booked.payment.event.kind == "PAYMENT"
        assert standing(paid_once)[0] == "ACTIVE"
        quote.refresh_from_db()
        assert quote.payment is None

    def test_paid_twice_is_settled_once_and_the_second_money_is_a_credit(self, paid_once):
        quote = accept(offered(paid_once))
        visits = [start_settlement(loan_id=paid_once.pk, token=quote.token, today=TODAY) for _visit in range(2)]

        for checkout in visits:
            call_back(checkout, today=TODAY)

        assert standing(paid_once) == ("SETTLED", 0, 11_109_52)

    def test_a_declined_payment_books_nothing_and_leaves_the_quote(self, paid_once):
        quote = accept(offered(paid_once))
        checkout = start_settlement(loan_id=paid_once.pk, token=quote.token, today=TODAY)

        call_back(checkout, today=TODAY, outcome="DECLINED")

        quote.refresh_from_db()
        assert (quote.status, Payment.objects.count()) == ("ACCEPTED", 1)

    @pytest.mark.parametrize("fault", ["offered", "expired", "void"])
    def test_starts_nothing_for_a_quote_that_does_not_hold(self, paid_once, fault):
        quote = offered(paid_once)
        if fault != "offered":
            accept(quote)
        if fault == "void":
            pay(paid_once, yuan(1), TODAY)
        today = LAST + timedelta(days=1) if fault == "expired" else TODAY
        refusal = {"offered": QuoteNotAccepted, "expired": QuoteExpired, "void": QuoteVoid}[fault]

        with pytest.raises(refusal):
            start_settlement(loan_id=paid_once.pk, token=quote.token, today=today)

        assert (Checkout.objects.count(), PayoffCheckout.objects.count()) == (0, 0)


@pytest.mark.parametrize("product", ["consumer", "sme", "card-repayment"])
@pytest.mark.parametrize("waited", [0, 3, 15])
def test_every_product_settles_to_nothing_on_any_day_of_a_quote(amina, product, waited):
    loan = factories.running_loan(amina, product=product, principal=yuan(20_000))
    pay(loan, yuan(700), date(2026, 2, 18))
    today = date(2026, 3, 9)
    quote = accept(offered(loan, valid_to=today + timedelta(days=15), today=today), today=today)
    on = today + timedelta(days=waited)

    settle(quote, quote.day(on)["total"], on)

    assert standing(loan) == ("SETTLED", 0, 0)


def test_a_loan_that_the_borrowers_credit_covers_needs_no_quote(paid_once, monkeypatch):
    covered = (PayoffDay(TODAY, Payoff(100, 0, 0, 0, 0, 0, 100)),)
    monkeypatch.setattr("repayments.services.payoff_quotes.preview_payoff", lambda *_loan, **_days: covered)

    with pytest.raises(NothingToSettle):
        offered(paid_once)

    assert PayoffQuote.objects.exists() is False
