"""Two connections at one loan: the lock and the unique reference decide, never luck."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from collections_mgmt.services.close_day import close_date
from dashu.kernel.dates import lender_now
from dashu.policy.selectors import forget_rules
from loans.models import Loan
from repayments.models import AutopayAttempt, AutopayMandate, Checkout, GatewayCallback, LoanBalance, Payment
from repayments.selectors.reconciliation import differences
from repayments.services.autopay import request_collections
from repayments.services.collect import collect
from repayments.services.gateway import SimulatedProvider, book_callback, start_checkout
from repayments.services.receive_payment import ReferenceReused
from repayments.services.split_payment import receive_split_payment
from tests import factories
from tests.factories import pay, yuan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed_loan() -> Loan:
    forget_rules()
    return factories.running_loan(factories.borrower("Amina"))


def at_once(*works):
    """Run the works on a connection each, starting together; return their results or refusals in order."""
    barrier = Barrier(len(works))

    def run(work):
        try:
            barrier.wait(timeout=10)
            return work()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


class TestConcurrentWrites:
    def test_the_same_payment_twice_at_once_is_booked_once(self, committed_loan):
        on = date(2026, 2, 15)

        results = at_once(*[lambda: pay(committed_loan, yuan(500), on, reference="ONE")] * 4)

        assert [result.reference for result in results] == ["ONE"] * 4
        assert Payment.objects.count() == 1
        assert differences() == []

    def test_one_reference_for_two_amounts_books_one_and_refuses_the_other(self, committed_loan):
        on = date(2026, 2, 15)

        results = at_once(
            lambda: pay(committed_loan, yuan(500), on, reference="ONE"),
            lambda: pay(committed_loan, yuan(600), on, reference="ONE"),
        )

        assert sorted(type(result).__name__ for result in results) == ["Payment", ReferenceReused.__name__]
        assert Payment.objects.count() == 1

    def test_two_payments_at_once_both_count(self, committed_loan):
        on = date(2026, 2, 15)

        at_once(*[lambda number=n: pay(committed_loan, yuan(100), on, reference=f"R{number}") for n in range(6)])

        assert Payment.objects.count() == 6
        paid = sum(Payment.objects.values_list("principal_minor", flat=True))
        assert LoanBalance.objects.get(pk=committed_loan.pk).principal_minor == yuan(12_000) - paid
        assert differences() == []

    def test_a_payment_against_the_close_leaves_books_that_reconcile(self, committed_loan):
        today = date(2026, 3, 21)

        results = at_once(
            lambda: pay(committed_loan, yuan(900), date(2026, 3, 18), today=today),
            lambda: close_date(business_date=date(2026, 3, 20), today=today),
            lambda: pay(committed_loan, yuan(300), today, today=today),
        )

        assert not [result for result in results if isinstance(result, Exception)]
        assert Payment.objects.count() == 2
        assert differences() == []


class TestCallbacksAtOnce:
    ON = date(2026, 2, 15)

    def tell(self, checkout, outcome, **facts):
        body, headers = SimulatedProvider().sign_callback(checkout, outcome, **facts)
        return lambda: book_callback(body=body, headers=headers, today=self.ON)

    def test_the_same_callback_four_times_at_once_books_once(self, committed_loan):
        checkout = start_checkout(loan_id=committed_loan.pk, amount_minor=yuan(500), today=self.ON)

        results = at_once(*[self.tell(checkout, "PAID")] * 4)

        assert [result.status for result in results] == ["PAID"] * 4
        assert Payment.objects.count() == 1
        assert GatewayCallback.objects.get().deliveries == 4
        assert differences() == []

    def test_paid_declined_and_charged_back_at_once_end_as_in_any_order(self, committed_loan):
        checkout = start_checkout(loan_id=committed_loan.pk, amount_minor=yuan(500), today=self.ON)

        results = at_once(*[self.tell(checkout, outcome) for outcome in ("PAID", "DECLINED", "CHARGEBACK")])

        assert not [result for result in results if isinstance(result, Exception)]
        assert Payment.objects.get().is_returned is True
        assert Checkout.objects.get().status == "PAID"
        assert differences() == []

    def test_two_splits_over_the_same_loans_in_opposite_order_both_count(self, committed_loan):
        other = factories.running_loan(committed_loan.borrower)

        def split(reference, *loans):
            return receive_split_payment(
                borrower_id=committed_loan.borrower_id,
                parts=[(loan.pk, yuan(100)) for loan in loans],
                total_minor=yuan(100) * len(loans),
                received_on=self.ON,
                today=self.ON,
                reference=reference,
                channel="BANK_TRANSFER",
                actor="user:1",
            )

        results = at_once(
            lambda: split("ONE", committed_loan, other),
            lambda: split("TWO", other, committed_loan),
            lambda: split("ONE", committed_loan, other),
        )

        assert not [result for result in results if isinstance(result, Exception)]
        assert Payment.objects.count() == 4
        assert differences() == []

    def test_a_collection_taken_up_by_two_workers_is_asked_for_once(self, committed_loan, monkeypatch):
        asked = []
        monkeypatch.setattr(SimulatedProvider, "charge", lambda _self, charge: asked.append(charge))
        now = lender_now()
        AutopayMandate.objects.create(
            loan=committed_loan,
            provider="simulated",
            account_token="sim-pays",
            account_label="•••• 6789",
            day_chosen_on=date(2026, 1, 20),
            consent_version="1",
            consent_text="yes",
            consented_at=now,
            consented_by="user:1",
        )

        counts = at_once(*[lambda: request_collections(on=self.ON)] * 2)
        attempt = AutopayAttempt.objects.get()
        results = at_once(*[lambda: collect(attempt_id=attempt.pk, today=self.ON, now=lender_now())] * 3)

        assert sorted(counts) == [0, 1]
        assert results == ["SENT"] * 3
        assert len(asked) == 1
