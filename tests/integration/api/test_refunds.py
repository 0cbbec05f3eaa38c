"""A partner asks for a refund of what a borrower paid too much; somebody of the lender decides."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve, decline
from dashu.approvals.services.submit import submit
from dashu.users.models import User
from loans.models import Loan
from repayments.models import LoanBalance, LoanEvent
from repayments.services.ask_refund import ask_refund
from repayments.services.undo_event import undo_event
from tests import factories
from tests.factories import yuan
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("policy_packs")]

TODAY = date(2026, 3, 20)
ASKED = {"amount": {"amount": "100.00", "currency": "CNY"}, "reason": "paid twice", "reference": "back/1"}


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr("repayments.api.refunds.lender_today", lambda: TODAY)


@pytest.fixture
def ended(danas_loan) -> Loan:
    """Ended on its first day with 250 yuan more than was needed."""
    factories.pay(danas_loan, yuan(12_250), danas_loan.starts_on, today=TODAY, kind="SETTLEMENT")
    return danas_loan


@pytest.fixture
def wei(db: None) -> User:
    return factories.staff("Wei", User.Role.ACCOUNTANT)


def ask(program, loan, body=None, *, key="key-1"):
    return program.post(f"loans/{loan.number}/refunds", body or ASKED, **{"Idempotency-Key": key})


def with_amount(amount: str) -> dict[str, object]:
    return {**ASKED, "amount": {"amount": amount, "currency": "CNY"}}


class TestAsking:
    def test_waits_for_a_person_and_books_nothing(self, program, ended):
        answer = ask(program, ended)

        assert answer.status_code == 201
        shown = answer.json()
        assert (shown["id"], shown["reference"], shown["status"]) == ("partner:dana:back~2F1", "back/1", "PENDING")
        assert (shown["amount"]["amount"], shown["to"], shown["account_end"]) == ("100.00", "SOURCE", None)
        asked = ApprovalRequest.objects.get()
        assert (asked.maker.partner.code, asked.status, asked.is_alone) == ("dana", "PENDING", False)
        assert LoanBalance.objects.get(pk=ended.pk).unapplied_minor == yuan(250)
        assert LoanEvent.objects.filter(kind="REFUND").exists() is False

    def test_again_returns_the_first(self, program, ended):
        first = ask(program, ended).json()

        assert ask(program, ended, key="key-2").json() == first
        assert_problem(ask(program, ended, with_amount("99.00"), key="key-3"), 409, "reference_reused", "reference")
        assert ApprovalRequest.objects.count() == 1

    def test_is_refused_beyond_the_credit(self, program, ended):
        assert_problem(ask(program, ended, with_amount("250.01")), 409, "refund_exceeds_credit", "amount")
        ask(program, ended)
        more = {**with_amount("150.01"), "reference": "two"}
        assert_problem(ask(program, ended, more, key="key-2"), 409, "refund_exceeds_credit", "amount")
        assert ApprovalRequest.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"account_end": "6222021234567890123"}, "invalid_input", "account_end"),
            ({"reason": " "}, "missing_field", "reason"),
            ({"reference": "two words"}, "invalid_input", "reference"),
            ({"amount": {"amount": "1.00", "currency": "USD"}}, "currency_mismatch", "amount"),
            ({"to": "SOURCE"}, "unknown_field", "to"),
        ],
    )
    def test_refuses_what_cannot_be(self, program, ended, change, code, field):
        assert_problem(ask(program, ended, {**ASKED, **change}), 422, code, field)
        assert ApprovalRequest.objects.exists() is False

    def test_of_another_partners_loan_is_of_none(self, ended):
        eve = program_of(factories.partner("Eve"))

        assert_problem(ask(eve, ended), 404, "loan_not_found", "loan")
        assert ApprovalRequest.objects.exists() is False

    def test_is_all_that_a_partner_may_ask_of_people(self, dana, ended):
        about = {"subject_type": "loan", "subject_id": ended.number, "loan_id": ended.pk, "amount_minor": 1}

        with pytest.raises(NotAuthorized):
            submit(
                kind="write_off",
                payload={},
                currency="CNY",
                reason="paid twice",
                user=dana.user,
                today=TODAY,
                idempotency_key="w",
                **about,
            )
        assert ApprovalRequest.objects.exists() is False

    def test_needs_the_scope_to_write(self, dana, ended):
        assert_problem(ask(program_of(dana, scope="payments:read"), ended), 403, "insufficient_scope", None)


class TestDeciding:
    def test_by_a_person_books_it_in_the_partners_name(self, program, ended, wei):
        refund = ask(program, ended, {**ASKED, "account_end": "0417"}).json()

        approve(request_id=ApprovalRequest.objects.get().pk, user=wei, today=TODAY)

        shown = program.get(f"refunds/{refund['id']}").json()
        assert (shown["status"], shown["refunded_on"], shown["is_undone"]) == ("APPROVED", "2026-03-20", False)
        assert (shown["to"], shown["account_end"]) == ("ACCOUNT", "0417")
        event = LoanEvent.objects.get(kind="REFUND")
        assert (event.amount_minor, event.actor) == (yuan(100), "partner:dana")

    def test_against_it_says_why(self, program, ended, wei):
        refund = ask(program, ended).json()

        decline(request_id=ApprovalRequest.objects.get().pk, user=wei, note="The account is closed.", today=TODAY)

        shown = program.get(f"refunds/{refund['id']}").json()
        assert (shown["status"], shown["note"], shown["refunded_on"]) == ("DECLINED", "The account is closed.", None)

    def test_is_seen_when_it_was_undone(self, program, ended, wei):
        refund = ask(program, ended).json()
        approve(request_id=ApprovalRequest.objects.get().pk, user=wei, today=TODAY)

        event = LoanEvent.objects.get(kind="REFUND")
        undo_event(event_id=event.pk, today=TODAY, reason="wrong", actor="user:1")

        assert program.get(f"refunds/{refund['id']}").json()["is_undone"] is True

    def test_after_its_time_has_expired(self, program, ended, monkeypatch):
        refund = ask(program, ended).json()
        monkeypatch.setattr("repayments.api.refunds.lender_today", lambda: date(2026, 6, 1))

        assert program.get(f"refunds/{refund['id']}").json()["status"] == "EXPIRED"
        assert program.get("refunds?status=PENDING").json()["results"] == []
        assert len(program.get("refunds?status=EXPIRED").json()["results"]) == 1


class TestWithdrawing:
    def test_takes_it_back(self, program, ended):
        refund = ask(program, ended).json()
        address = f"refunds/{refund['id']}/withdraw"

        assert program.post(address, {}, **{"Idempotency-Key": "w1"}).json()["status"] == "WITHDRAWN"
        assert program.post(address, {}, **{"Idempotency-Key": "w2"}).json()["status"] == "WITHDRAWN"

    def test_is_refused_once_it_was_decided(self, program, ended, wei):
        refund = ask(program, ended).json()
        approve(request_id=ApprovalRequest.objects.get().pk, user=wei, today=TODAY)

        answer = program.post(f"refunds/{refund['id']}/withdraw", {}, **{"Idempotency-Key": "w1"})

        assert_problem(answer, 409, "already_decided", None)

    def test_of_what_staff_asked_for_is_not_theirs(self, program, ended, wei):
        asked = _asked_by(wei, ended)

        answer = program.post("refunds/by-staff/withdraw", {}, **{"Idempotency-Key": "w1"})

        assert_problem(answer, 404, "refund_not_found", "refund")
        asked.refresh_from_db()
        assert asked.status == "PENDING"


class TestReading:
    def test_lists_those_of_staff_too_without_their_words(self, program, ended, wei):
        ask(program, ended)
        _asked_by(wei, ended)

        rows = program.get("refunds").json()["results"]

        assert [(row["id"], row["reference"], row["asked_by_partner"]) for row in rows] == [
            ("by-staff", None, False),
            ("partner:dana:back~2F1", "back/1", True),
        ]
        assert "a secret of the desk" not in program.get("refunds").content.decode()
        assert program.get("refunds?reference=back/1&fields=id").json()["results"] == [{"id": "partner:dana:back~2F1"}]
        assert [row["id"] for row in program.get("refunds?ids=by-staff,x").json()["results"]] == ["by-staff"]

    def test_shows_nothing_of_another_partner(self, program, ended):
        refund = ask(program, ended).json()
        eve = program_of(factories.partner("Eve"))

        assert eve.get("refunds").json()["results"] == []
        assert_problem(eve.get(f"refunds/{refund['id']}"), 404, "refund_not_found", "refund")

    def test_needs_the_same_queries_for_one_and_for_many(self, program, ended, wei):
        def queries() -> int:
            with CaptureQueriesContext(connection) as found:
                assert program.get("refunds").status_code == 200
            return len(found)

        for number in range(3):
            ask(program, ended, {**with_amount("10.00"), "reference": f"r{number}"}, key=f"k{number}")
            approve(request_id=ApprovalRequest.objects.latest("pk").pk, user=wei, today=TODAY)
            if number == 0:
                queries()
                for_one = queries()

        assert queries() == for_one


def _asked_by(user: User, loan: Loan) -> ApprovalRequest:
    return ask_refund(
        loan_id=loan.pk,
        amount_minor=yuan(1),
        to="source",
        reason="a secret of the desk",
        user=user,
        today=TODAY,
        idempotency_key="by-staff",
    )
