"""
Two writes that meet at one loan, in both orders, on two connections.

The first one is carried out and not yet committed when the second one starts. It commits only after the database has
been seen to hold the second one back because of it, so no outcome here is luck.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from collections_mgmt.models import CloseRange
from collections_mgmt.services.close_day import close_date
from dashu.finance.loan import SettlementTooSmall
from dashu.ledger import accounts
from dashu.ledger.selectors import loan_balances
from dashu.policy.selectors import forget_rules
from loans.models import Loan
from repayments.models import Installment, LoanBalance, LoanEvent, Payment
from repayments.selectors.reconciliation import differences
from repayments.services.extend_loan import extend_loan
from repayments.services.receive_payment import ReferenceReused
from repayments.services.return_payment import return_payment
from tests import factories
from tests.factories import ACTOR, pay, yuan

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 60
FIRST_DUE = date(2026, 2, 15)
TODAY = date(2026, 3, 21)

Work = Callable[[], Any]


@pytest.fixture
def amina(transactional_db):
    forget_rules()
    return factories.borrower("Amina")


def in_turn(first: Work, second: Work) -> tuple[Any, Any]:
    """
    Carry out both, the second while the first is not yet committed; return their results or refusals.

    Fails unless the second one waited for the first one's commit.
    """
    is_done, may_commit = Event(), Event()
    backends: dict[str, int] = {}

    def leading() -> Any:
        with transaction.atomic():
            backends["first"] = _backend()
            result = first()
            is_done.set()
            assert may_commit.wait(SECONDS)
        return result

    def following() -> Any:
        backends["second"] = _backend()
        try:
            return second()
        except Exception as error:
            return error

    def with_own_connection(work: Work) -> Any:
        try:
            return work()
        finally:
            is_done.set()
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(with_own_connection, leading)
        assert is_done.wait(SECONDS)
        follower = pool.submit(with_own_connection, following)
        try:
            _wait_until_held_back(backends, lambda: leader.done() or follower.done())
        finally:
            may_commit.set()
        return leader.result(SECONDS), follower.result(SECONDS)


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _wait_until_held_back(backends: dict[str, int], is_over: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert not is_over(), "the second write did not wait for the first"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT wait_event_type = 'Lock' AND %s = ANY(pg_blocking_pids(pid))"
                " FROM pg_stat_activity WHERE pid = %s",
                [backends.get("first"), backends.get("second")],
            )
            if cursor.fetchone() == (True,):
                return
        time.sleep(0.02)
    raise AssertionError("the second write was never held back")


def parts_of(reference: str) -> tuple[int, int, int, int, int]:
    """Return fee, penalty, interest, principal and credit of a payment."""
    payment = Payment.objects.get(reference=reference)
    return (
        payment.fee_minor,
        payment.penalty_minor,
        payment.interest_minor,
        payment.principal_minor,
        payment.unapplied_minor,
    )


def kinds_of(loan: Loan) -> list[str]:
    return list(LoanEvent.objects.filter(loan=loan).order_by("pk").values_list("kind", flat=True))


def rows_of(loan: Loan) -> list[tuple[date, int, int]]:
    """Return due date, principal paid and interest paid of the installments in force."""
    rows = Installment.objects.filter(loan=loan, is_current=True).order_by("number")
    return list(rows.values_list("due_on", "paid_principal_minor", "paid_interest_minor"))


def figures_of(loan: Loan) -> dict[str, Any]:
    """Return where the loan stands, and what each ledger account says of it."""
    loan.refresh_from_db()
    balance = LoanBalance.objects.get(pk=loan.pk)
    return {
        "status": loan.status,
        "principal": balance.principal_minor,
        "penalty": balance.penalty_due_minor,
        "credit": balance.unapplied_minor,
        "accrued_through": balance.accrued_through,
        "books": loan_balances([loan.pk])[loan.pk],
    }


class TestTwoPaymentsOnOneLoan:
    @pytest.mark.parametrize("order", [(500, 700), (700, 500)])
    def test_are_applied_one_after_the_other(self, amina, order):
        loan = factories.running_loan(amina)

        in_turn(*(lambda amount=amount: pay(loan, yuan(amount), FIRST_DUE, reference=f"P{amount}") for amount in order))

        # 180.00 of interest and 920.16 of principal are due; 99.84 go to the next installment's interest.
        first, second = (f"P{amount}" for amount in order)
        assert parts_of(first) == (0, 0, 180_00, yuan(order[0]) - 180_00, 0)
        assert parts_of(second) == (0, 0, 99_84, yuan(order[1]) - 99_84, 0)
        assert LoanBalance.objects.get(pk=loan.pk).principal_minor == 11_079_84
        assert rows_of(loan)[:2] == [(FIRST_DUE, 920_16, 180_00), (date(2026, 3, 15), 0, 99_84)]
        assert loan_balances([loan.pk])[loan.pk][accounts.CASH] == -10_800_00
        assert differences() == []


class TestAPaymentAndTheNightlyClose:
    ON, NIGHT = date(2026, 3, 18), date(2026, 3, 20)

    @pytest.mark.parametrize("is_payment_first", [True, False])
    def test_leave_the_same_figures_whichever_comes_first(self, amina, is_payment_first):
        loan = factories.running_loan(amina)
        works = [
            lambda: pay(loan, yuan(900), self.ON, reference="P", today=TODAY),
            lambda: close_date(business_date=self.NIGHT, today=TODAY),
        ]

        in_turn(*works if is_payment_first else reversed(works))

        # Penalty a day is 0.24 / 360 of overdue principal: 920.16 for 30 days and 933.96 for 2 before the payment,
        # 200.16 and 933.96 for 3 days from its day on.
        assert figures_of(loan) == {
            "status": "ACTIVE",
            "principal": 11_280_00,
            "penalty": 21_91,
            "credit": 0,
            "accrued_through": self.NIGHT,
            "books": {
                accounts.CASH: -11_100_00,
                accounts.LOAN_PRINCIPAL: 11_280_00,
                accounts.INTEREST_RECEIVABLE: 166_20,
                accounts.PENALTY_RECEIVABLE: 21_91,
                accounts.INTEREST_INCOME: -346_20,
                accounts.PENALTY_INCOME: -21_91,
            },
        }
        assert parts_of("P") == (0, 0, 180_00, 720_00, 0)
        assert rows_of(loan)[:2] == [(FIRST_DUE, 720_00, 180_00), (date(2026, 3, 15), 0, 0)]
        assert CloseRange.objects.get().status == CloseRange.Status.DONE
        assert differences() == []


class TestAPaymentAndAPaymentHoliday:
    ON = date(2026, 3, 1)

    @pytest.fixture
    def loan(self, amina) -> Loan:
        return factories.running_loan(amina)

    def pay(self, loan: Loan) -> Payment:
        return pay(loan, yuan("1100.16"), self.ON, reference="P", today=TODAY)

    def extend(self, loan: Loan) -> Any:
        return extend_loan(loan_id=loan.pk, months=1, granted_on=self.ON, today=TODAY, reason="Relief", actor=ACTOR)

    def test_payment_first_pays_what_was_due_and_the_rest_moves(self, loan):
        in_turn(lambda: self.pay(loan), lambda: self.extend(loan))

        assert kinds_of(loan) == ["DISBURSED", "PAYMENT", "EXTENSION"]
        assert parts_of("P") == (0, 0, 180_00, 920_16, 0)
        assert rows_of(loan)[:2] == [(FIRST_DUE, 920_16, 180_00), (date(2026, 4, 15), 0, 0)]
        # 13 days of penalty on 920.16 were charged before the payment and stay owed.
        assert figures_of(loan)["penalty"] == 7_97
        assert differences() == []

    def test_holiday_first_moves_the_installment_that_is_then_paid_early(self, loan):
        in_turn(lambda: self.extend(loan), lambda: self.pay(loan))

        assert kinds_of(loan) == ["DISBURSED", "EXTENSION", "PAYMENT"]
        # Nothing is due any more but the penalty, so it is paid before the installment that comes next.
        assert parts_of("P") == (0, 7_97, 180_00, 912_19, 0)
        assert rows_of(loan)[:2] == [(date(2026, 3, 15), 912_19, 180_00), (date(2026, 4, 15), 0, 0)]
        # 5 days of penalty on the 7.97 that are missing since 15 March.
        assert figures_of(loan)["penalty"] == 3
        assert differences() == []


class TestAReturnAndASettlement:
    ON = date(2026, 3, 1)

    @pytest.fixture
    def loan(self, amina) -> Loan:
        loan = factories.running_loan(amina)
        pay(loan, yuan("1100.16"), FIRST_DUE, reference="P")
        return loan

    def settle(self, loan: Loan) -> Payment:
        return pay(loan, yuan(11_200), self.ON, reference="S", kind=LoanEvent.Kind.SETTLEMENT, today=TODAY)

    def give_back(self) -> Payment:
        return return_payment(reference="P", returned_on=self.ON, today=TODAY, reason="Bounced", actor=ACTOR)

    def test_return_first_leaves_the_settlement_too_small(self, loan):
        _returned, refusal = in_turn(self.give_back, lambda: self.settle(loan))

        # 12,000.00 and 180.00 due, half of 166.20 for the running month, 13 days of penalty on 920.16.
        assert (type(refusal), refusal.details) == (SettlementTooSmall, {"payoff_minor": 12_271_07})
        assert kinds_of(loan) == ["DISBURSED", "PAYMENT", "REVERSAL"]
        assert Payment.objects.filter(reference="S").exists() is False
        assert figures_of(loan) == {
            "status": "ACTIVE",
            "principal": 12_000_00,
            # Up to yesterday: 33 days of penalty on 920.16 and 5 on the 933.96 that fell due on 15 March.
            "penalty": 23_35,
            "credit": 0,
            "accrued_through": TODAY - timedelta(days=1),
            "books": {
                accounts.CASH: -12_000_00,
                accounts.LOAN_PRINCIPAL: 12_000_00,
                accounts.INTEREST_RECEIVABLE: 346_20,
                accounts.PENALTY_RECEIVABLE: 23_35,
                accounts.INTEREST_INCOME: -346_20,
                accounts.PENALTY_INCOME: -23_35,
            },
        }
        assert differences() == []

    def test_settlement_first_becomes_an_ordinary_payment(self, loan):
        _settled, returned = in_turn(lambda: self.settle(loan), self.give_back)

        assert returned.is_returned is True
        assert kinds_of(loan) == ["DISBURSED", "PAYMENT", "SETTLEMENT", "REVERSAL"]
        assert parts_of("S") == (0, 7_97, 1_185_69, 10_006_34, 0)
        figures = figures_of(loan)
        books = {account: minor for account, minor in figures.pop("books").items() if minor}
        assert figures == {
            "status": "ACTIVE",
            "principal": 1_993_66,
            "penalty": 0,
            "credit": 0,
            "accrued_through": TODAY - timedelta(days=1),
        }
        assert books == {
            accounts.CASH: -800_00,
            accounts.LOAN_PRINCIPAL: 1_993_66,
            accounts.INTEREST_INCOME: -1_185_69,
            accounts.PENALTY_INCOME: -7_97,
        }
        assert differences() == []


class TestTwoReturnsOfOnePayment:
    @pytest.mark.parametrize("order", [("Bounced", "Disputed"), ("Disputed", "Bounced")])
    def test_take_it_back_once(self, amina, order):
        loan = factories.running_loan(amina)
        payment = pay(loan, yuan("1100.16"), FIRST_DUE, reference="P")

        results = in_turn(
            *(
                lambda reason=reason: return_payment(
                    reference="P", returned_on=FIRST_DUE, today=TODAY, reason=reason, actor=ACTOR
                )
                for reason in order
            )
        )

        assert [(result.pk, result.is_returned) for result in results] == [(payment.pk, True)] * 2
        assert kinds_of(loan) == ["DISBURSED", "PAYMENT", "REVERSAL"]
        assert LoanEvent.objects.get(kind="REVERSAL").data["reason"] == order[0]
        assert rows_of(loan)[0] == (FIRST_DUE, 0, 0)
        figures = figures_of(loan)
        assert (figures["principal"], figures["books"][accounts.CASH]) == (12_000_00, -12_000_00)
        assert differences() == []


class TestOneReferenceForTwoLoans:
    @pytest.fixture
    def loans(self, amina) -> list[Loan]:
        return [factories.running_loan(amina), factories.running_loan(amina)]

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_is_taken_by_the_first_and_refused_to_the_second(self, loans, order):
        booked, refused = (loans[place] for place in order)

        payment, refusal = in_turn(
            lambda: pay(booked, yuan(500), FIRST_DUE, reference="ONE"),
            lambda: pay(refused, yuan(500), FIRST_DUE, reference="ONE"),
        )

        assert (payment.loan_id, type(refusal)) == (booked.pk, ReferenceReused)
        assert list(Payment.objects.values_list("loan_id", "reference")) == [(booked.pk, "ONE")]
        assert kinds_of(refused) == ["DISBURSED"]
        assert LoanBalance.objects.get(pk=refused.pk).principal_minor == yuan(12_000)
        assert differences() == []
