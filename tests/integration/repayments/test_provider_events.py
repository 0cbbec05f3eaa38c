"""Whatever order a provider's messages come in, and however often: the loan ends the same, and nothing counts twice."""

import itertools
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashu.messaging.models import OutboxMessage
from repayments.gateways.base import EventKind, ProviderEvent
from repayments.gateways.simulated import SCRIPTS, Deliveries
from repayments.models import Chargeback, Checkout, GatewayCallback, LoanBalance, Payment
from repayments.selectors.reconciliation import differences
from repayments.services.correct_payment import apply_to_installment
from repayments.services.gateway import (
    CallbackRefused,
    CheckoutNotFound,
    SimulatedProvider,
    book_callback,
    start_checkout,
    start_split_checkout,
    take_event,
)
from repayments.services.move_payment import move_payment
from repayments.services.provider_events import PaidTwice
from tests import factories
from tests.factories import yuan

TODAY = date(2026, 3, 20)
PAID_AT = datetime(2026, 3, 14, 20, 0, tzinfo=UTC)  # 15 March, 4 in the morning, where the lender is


def tell(checkout, outcome, **facts):
    body, headers = SimulatedProvider().sign_callback(checkout, outcome, **{"occurred_at": PAID_AT, **facts})
    return book_callback(body=body, headers=headers, today=TODAY)


@pytest.fixture
def checkout(loan):
    return start_checkout(loan_id=loan.pk, amount_minor=1100_16, today=TODAY)


class TestTheLog:
    def test_counts_every_delivery_of_one_message(self, checkout):
        for _again in range(3):
            tell(checkout, "PAID")

        note = GatewayCallback.objects.get()
        assert (note.deliveries, note.outcome, note.signature_ok) == (3, "BOOKED", True)
        assert (note.amount_minor, note.currency, len(note.body_hash)) == (1100_16, "CNY", 64)
        assert Payment.objects.count() == 1

    def test_answers_a_repeated_message_without_looking_at_the_loan(self, checkout, django_assert_num_queries):
        tell(checkout, "PAID")

        with django_assert_num_queries(4):  # savepoint, log, release, checkout
            tell(checkout, "PAID")

    def test_keeps_what_was_not_signed_apart_from_what_is_known(self, checkout):
        for _again in range(2):
            with pytest.raises(CallbackRefused):
                book_callback(body="{}", headers={}, today=TODAY)

        note = GatewayCallback.objects.get()
        assert (note.signature_ok, note.outcome, note.deliveries, note.checkout_token) == (False, "REFUSED", 2, None)

    def test_keeps_a_message_of_an_unknown_checkout_and_reads_it_again_when_it_is_repeated(self, loan):
        stranger = Checkout(token=uuid.uuid4(), loan=loan, amount_minor=100)
        with pytest.raises(CheckoutNotFound):
            tell(stranger, "PAID")
        note = GatewayCallback.objects.get()
        assert (note.outcome, note.error) == ("FLAGGED", "checkout_not_found")

        stranger.save()
        tell(stranger, "PAID")

        assert GatewayCallback.objects.get().outcome == "BOOKED"
        assert Payment.objects.get().amount_minor == 100

    def test_flags_money_of_another_currency_and_books_nothing(self, checkout):
        with pytest.raises(Exception, match="CNY"):
            tell(checkout, "PAID", currency="USD")

        assert GatewayCallback.objects.get().error == "currency_mismatch"
        assert Payment.objects.exists() is False


class TestPaid:
    def test_counts_on_the_day_it_was_made_in_the_lenders_zone(self, checkout):
        payment = tell(checkout, "PAID").payment

        assert payment.received_on == date(2026, 3, 15)

    @pytest.mark.parametrize(
        ("at", "on"),
        [
            (datetime(2027, 1, 1, tzinfo=UTC), TODAY),
            (datetime(2020, 1, 1, tzinfo=UTC), date(2026, 1, 15)),
        ],
    )
    def test_never_counts_in_the_future_or_before_the_loan_began(self, checkout, at, on):
        assert tell(checkout, "PAID", occurred_at=at).payment.received_on == on

    @pytest.mark.parametrize("arrived", [1_00, 1100_15, 1100_17, 5000_00])
    def test_books_what_really_came_in_and_flags_the_difference(self, checkout, arrived):
        booked = tell(checkout, "PAID", amount_minor=arrived)

        assert (booked.payment.amount_minor, booked.received_minor, booked.is_other_amount) == (arrived, arrived, True)
        assert differences() == []

    def test_is_booked_after_the_checkout_expired(self, checkout):
        Checkout.objects.update(status="EXPIRED")

        assert tell(checkout, "PAID").status == "PAID"
        assert Payment.objects.count() == 1

    def test_told_under_another_message_counts_once(self, checkout):
        tell(checkout, "PAID")
        tell(checkout, "PAID", event_id="evt_other")

        assert Payment.objects.count() == 1
        assert GatewayCallback.objects.get(event_id="evt_other").outcome == "IGNORED"

    def test_with_other_money_is_flagged(self, checkout):
        tell(checkout, "PAID")
        other = ProviderEvent("evt_other", EventKind.PAID, checkout.token, "SIM-other", 1100_16, "CNY", PAID_AT)
        with pytest.raises(PaidTwice):
            take_event("simulated", other, today=TODAY)

        note = GatewayCallback.objects.get(event_id="evt_other")
        assert (note.outcome, note.error, Payment.objects.count()) == ("FLAGGED", "paid_twice", 1)


class TestTakenBack:
    def test_before_it_was_paid_waits_and_is_done_then(self, checkout):
        assert tell(checkout, "CHARGEBACK").status == "STARTED"
        assert GatewayCallback.objects.get().outcome == "PARKED"

        tell(checkout, "PAID")

        payment = Payment.objects.get()
        assert payment.is_returned is True
        assert set(GatewayCallback.objects.values_list("outcome", flat=True)) == {"BOOKED"}
        assert differences() == []

    def test_tells_the_borrower_once(self, checkout):
        for outcome in ("PAID", "CHARGEBACK", "CHARGEBACK"):
            tell(checkout, outcome)

        message = OutboxMessage.objects.get(template="repayments.charged_back")
        assert message.params["amount_minor"] == 1100_16
        assert message.params["due_minor"] > 2 * 1100_16

    def test_in_part_keeps_the_rest_with_its_own_value_date(self, checkout):
        tell(checkout, "PAID")
        tell(checkout, "REFUNDED", amount_minor=100_00)
        tell(checkout, "REFUNDED", amount_minor=100_00, event_id="the same refund told under another id")

        first, rest = Payment.objects.order_by("event_id")
        assert (first.is_returned, rest.is_returned) == (True, False)
        assert (rest.amount_minor, rest.received_on) == (1000_16, date(2026, 3, 15))
        record = Chargeback.objects.get()
        assert (record.kind, record.amount_minor, record.rest_payment) == ("REFUND", 100_00, rest)
        assert differences() == []

    def test_won_again_is_a_new_payment_with_its_own_reference(self, checkout):
        for outcome in ("PAID", "CHARGEBACK", "CHARGEBACK_WON"):
            tell(checkout, outcome)

        first, won = Payment.objects.order_by("event_id")
        assert (first.is_returned, won.is_returned) == (True, False)
        assert (won.amount_minor, won.reference) == (1100_16, f"SIM-{checkout.token}-WON")
        assert Chargeback.objects.get().won_payment == won

    def test_reaches_the_money_where_it_was_corrected_or_moved_to(self, checkout, loan, amina):
        other = factories.running_loan(amina)
        booked = tell(checkout, "PAID").payment
        about = {"today": TODAY, "reason": "typed wrongly", "actor": "user:1"}
        corrected = apply_to_installment(reference=booked.reference, installment=3, **about)
        moved = move_payment(reference=corrected.reference, to_loan_id=other.pk, **about)

        tell(checkout, "CHARGEBACK")

        record = Chargeback.objects.get()
        assert (record.payment, record.amount_minor) == (moved, 1100_16)
        assert not Payment.objects.filter(is_returned=False).exists()
        assert GatewayCallback.objects.get(kind="CHARGEBACK").outcome == "BOOKED"
        assert differences() == []


ENDS = ("PAID", "DECLINED", "CHARGEBACK", "CHARGEBACK_WON")


def end_of(loan):
    """Everything that the messages may change, without ids."""
    balance = LoanBalance.objects.get(pk=loan.pk)
    return {
        "payments": sorted(
            Payment.objects.filter(loan=loan).values_list(
                "reference", "amount_minor", "received_on", "is_returned", "principal_minor", "unapplied_minor"
            )
        ),
        "balance": (balance.principal_minor, balance.unapplied_minor, balance.penalty_parts),
        "unpaid": list(loan.installments.order_by("number").values_list("unpaid_minor", flat=True)),
        "checkout": list(Checkout.objects.values_list("status", "received_minor")),
        "chargebacks": list(Chargeback.objects.values_list("charged_back_on", "amount_minor", "won_on")),
    }


def in_some_order(messages, checkout, loan):
    """Tell the messages to a fresh copy of the books and return how they end; nothing of it stays."""
    with transaction.atomic():
        point = transaction.savepoint()
        for outcome in messages:
            tell(checkout, outcome)
        end = end_of(loan)
        assert differences() == []
        transaction.savepoint_rollback(point)
    return end


@pytest.mark.django_db
class TestAnyOrder:
    @pytest.mark.parametrize("kinds", [kinds for size in (1, 2, 3, 4) for kinds in itertools.combinations(ENDS, size)])
    def test_of_the_same_messages_ends_the_same(self, checkout, loan, kinds):
        ends = [in_some_order(order, checkout, loan) for order in itertools.permutations(kinds)]

        assert ends == [ends[0]] * len(ends)
        booked = [payment for payment in ends[0]["payments"] if not payment[3]]
        assert len(booked) == (1 if "PAID" in kinds and ("CHARGEBACK" not in kinds or "CHARGEBACK_WON" in kinds) else 0)

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(messages=st.lists(st.sampled_from(ENDS), min_size=1, max_size=12))
    def test_with_duplicates_and_repeats_ends_as_if_each_was_told_once(self, checkout, loan, messages):
        once = list(dict.fromkeys(messages))

        assert in_some_order(messages, checkout, loan) == in_some_order(once, checkout, loan)


class TestDeliveries:
    @pytest.mark.parametrize("script", SCRIPTS)
    def test_of_every_script_book_at_most_one_standing_payment(self, checkout, loan, script):
        def send(body, headers):
            book_callback(body=body, headers=headers, today=TODAY)
            return 200

        Deliveries(send).play(script, checkout)

        assert Payment.objects.filter(is_returned=False).count() <= 1
        assert differences() == []

    def test_are_repeated_until_they_are_taken(self, checkout):
        answers = iter([503, 500, 200])
        deliveries = Deliveries(lambda body, headers: next(answers))

        deliveries.play("pay", checkout)

        assert deliveries.answers == [503, 500, 200]

    def test_that_are_repeated_book_once(self, client, checkout):
        answers = iter([500, 500])

        def send(body, headers):
            taken = client.post("/gateway/callbacks/", body, content_type="application/json", headers=headers)
            return next(answers, taken.status_code)

        Deliveries(send).play("pay", checkout, occurred_at=PAID_AT)

        assert Payment.objects.count() == 1
        assert GatewayCallback.objects.get().deliveries == 3


class TestSeveralLoans:
    @pytest.fixture
    def other(self, amina):
        return factories.running_loan(amina)

    @pytest.fixture
    def split(self, loan, other, amina):
        parts = [(loan.pk, yuan(700)), (other.pk, yuan(300))]
        return start_split_checkout(borrower_id=amina.pk, parts=parts, today=TODAY)

    def test_are_paid_as_stated(self, split, loan, other):
        tell(split, "PAID")

        paid = dict(Payment.objects.values_list("loan_id", "amount_minor"))
        assert paid == {loan.pk: yuan(700), other.pk: yuan(300)}
        assert Payment.objects.get(loan=loan).reference == f"SIM-{split.token}-1"
        assert differences() == []

    @pytest.mark.parametrize(("arrived", "expected"), [(500, [500]), (800, [700, 100]), (1200, [700, 500])])
    def test_are_paid_in_order_as_far_as_the_money_goes(self, split, arrived, expected):
        tell(split, "PAID", amount_minor=yuan(arrived))

        paid = list(Payment.objects.order_by("event_id").values_list("amount_minor", flat=True))
        assert paid == [yuan(amount) for amount in expected]

    def test_are_all_charged_back_together(self, split):
        for outcome in ("CHARGEBACK", "PAID"):
            tell(split, outcome)

        assert list(Payment.objects.values_list("is_returned", flat=True)) == [True, True]
        assert differences() == []

    def test_a_refund_of_a_part_is_taken_from_the_last(self, split, other):
        tell(split, "PAID")
        tell(split, "REFUNDED", amount_minor=yuan(300))

        assert list(Payment.objects.filter(is_returned=True).values_list("loan_id", flat=True)) == [other.pk]


class TestOfSimulatedProvider:
    def test_says_what_it_is_about(self, checkout):
        at = PAID_AT + timedelta(days=1)
        body, headers = SimulatedProvider().sign_callback(checkout, "DECLINED", occurred_at=at, failure="OTHER")

        event = SimulatedProvider().read_callback(body, headers)

        assert (event.kind, event.checkout, event.occurred_at) == (EventKind.DECLINED, checkout.token, at)
        assert (event.amount_minor, event.currency, event.failure) == (1100_16, "CNY", "OTHER")
