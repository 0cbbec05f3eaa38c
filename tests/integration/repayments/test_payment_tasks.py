"""What the workers do with collections, and that the simulated provider calls back as itself."""

from datetime import UTC, date, datetime

import pytest

from dashu.kernel.dates import LENDER_ZONE
from repayments import tasks
from repayments.models import AutopayAttempt, Checkout, Payment, VirtualAccount
from repayments.services.gateway import start_checkout
from tests.integration.repayments.test_autopay import DUE, sign


@pytest.fixture
def sent(monkeypatch):
    names = []
    monkeypatch.setattr("repayments.tasks.app.send_task", lambda name, **how: names.append((name, how["kwargs"])))
    return names


def at(monkeypatch, hour: int) -> None:
    now = datetime(DUE.year, DUE.month, DUE.day, hour, tzinfo=LENDER_ZONE)
    monkeypatch.setattr("repayments.tasks.lender_now", lambda: now)
    monkeypatch.setattr("repayments.tasks.lender_today", lambda: DUE)


class TestCollectAutopay:
    def test_plans_early_and_asks_from_ten(self, loan, sent, monkeypatch):
        sign(loan)

        at(monkeypatch, 9)
        tasks.collect_autopay()
        attempt = AutopayAttempt.objects.get()
        assert sent == []

        at(monkeypatch, 10)
        tasks.collect_autopay()
        assert sent == [("repayments.tasks.collect_one", {"attempt_id": attempt.pk})]

    def test_asks_for_one(self, loan, sent, monkeypatch):
        sign(loan)
        at(monkeypatch, 10)
        tasks.collect_autopay()
        calls = []
        monkeypatch.setattr(
            "repayments.gateways.simulated.app.send_task", lambda name, **how: calls.append(how["kwargs"])
        )

        tasks.collect_one(attempt_id=AutopayAttempt.objects.get().pk)
        tasks.deliver_simulated_callback(**calls[0])

        assert AutopayAttempt.objects.get().status == "PAID"
        assert Payment.objects.get().amount_minor == 1100_16


class TestSimulatedCallback:
    @pytest.fixture
    def checkout(self, loan):
        return start_checkout(loan_id=loan.pk, amount_minor=100_00, today=date(2026, 2, 15))

    def test_books_what_was_chosen(self, checkout):
        tasks.deliver_simulated_callback(token=str(checkout.token), outcome="PAID", a_newer_field=1)

        assert Checkout.objects.get().status == "PAID"

    @pytest.mark.parametrize("case", ["switched off", "unknown"])
    def test_does_nothing_where_there_is_nothing_to_do(self, checkout, settings, case):
        settings.SIMULATED_GATEWAY = case != "switched off"
        token = str(checkout.token) if case == "switched off" else "00000000-0000-0000-0000-000000000000"

        tasks.deliver_simulated_callback(token=token, outcome="PAID")

        assert Payment.objects.exists() is False


class TestSweeps:
    def test_give_virtual_accounts_and_let_old_checkouts_expire(self, loan):
        start_checkout(loan_id=loan.pk, amount_minor=100_00, today=date(2026, 2, 15))
        Checkout.objects.update(created_at=datetime(2026, 2, 15, tzinfo=UTC))

        tasks.give_virtual_accounts()
        tasks.sweep_checkouts()

        assert VirtualAccount.objects.get().loan_id == loan.pk
        assert Checkout.objects.get().status == "EXPIRED"
