"""Two connections at one loan: the lock and the unique reference decide, never luck."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from collections_mgmt.services.close_day import close_date
from dashu.policy.selectors import forget_rules
from dashu.policy.services import load_packs
from loans.models import Loan
from loans.services.load_products import load_products
from repayments.models import LoanBalance, Payment
from repayments.selectors.reconciliation import differences
from repayments.services.receive_payment import ReferenceReused
from tests import factories
from tests.factories import pay, yuan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed_loan() -> Loan:
    load_packs()
    load_products()
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
