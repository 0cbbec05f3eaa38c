"""Who may do what alone, who has to ask, and that asking twice is asking once."""

from datetime import UTC, date, datetime

import pytest

from dashu.approvals.acts import UnknownAct
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import ReasonMissing, RequestKeyReused
from dashu.audit.models import AuditRecord
from dashu.kernel.money import InvalidAmount
from dashu.users.models import User
from tests import factories
from tests.integration.approvals.conftest import STAFF, TODAY, LoanMoved, ask

pytestmark = pytest.mark.django_db

# What becomes of an amount that a role asks for: "alone" is done at once, "waits" needs another person.
ALONE_UP_TO = {
    "waiver.penalty": {"COLLECTOR": 200_00, "SUPERVISOR": 1_000_00, "ADMIN": 1_000_00},
    "waiver.interest": {"COLLECTOR": 0, "SUPERVISOR": 1_000_00, "ADMIN": 1_000_00},
    "waiver.fee": {"COLLECTOR": 100_00, "SUPERVISOR": 1_000_00, "ADMIN": 1_000_00},
    "waiver.principal": {"SUPERVISOR": 0, "ADMIN": 0},
    "refund": {"ACCOUNTANT": 0, "ADMIN": 0},
    "charge_off": {"SUPERVISOR": 0, "ACCOUNTANT": 0, "ADMIN": 0},
    "write_off": {"SUPERVISOR": 0, "ACCOUNTANT": 0, "ADMIN": 0},
    "sale": {"ACCOUNTANT": 0, "ADMIN": 0},
    "recovery": {"COLLECTOR": 0, "SUPERVISOR": 0, "ACCOUNTANT": 20_000_00, "ADMIN": 0},
}
AMOUNTS = [1, 100_00, 100_01, 200_00, 200_01, 1_000_00, 1_000_01, 20_000_00, 20_000_01, 9_000_000_00]


class TestAuthority:
    @pytest.mark.parametrize("role", STAFF)
    @pytest.mark.parametrize("kind", ALONE_UP_TO)
    def test_decides_what_is_done_at_once_what_waits_and_what_is_refused(self, kind, role, book):
        person = factories.staff(role.capitalize(), role)
        became = {}
        for amount in AMOUNTS:
            try:
                became[amount] = ask(person, kind, amount, thing=str(amount)).status
            except NotAuthorized as refusal:
                became[amount] = refusal.code

        bounds = ALONE_UP_TO[kind]
        alone = [amount for amount in AMOUNTS if role in bounds and amount <= bounds[role]]
        otherwise = "PENDING" if role in bounds else "not_authorized"
        assert became == {amount: "APPROVED" if amount in alone else otherwise for amount in AMOUNTS}
        assert book.done == [(str(amount), f"user:{person.pk}") for amount in alone]
        assert ApprovalRequest.objects.count() == (len(AMOUNTS) if role in bounds else 0)

    @pytest.mark.parametrize("role", [User.Role.BORROWER, User.Role.PARTNER])
    def test_is_nobody_s_who_is_no_staff(self, role, book):
        person = User.objects.create_user("outside@example.com", "correct horse", role=role)

        with pytest.raises(NotAuthorized):
            ask(person, "waiver.penalty", 1)

        assert ApprovalRequest.objects.exists() is False

    def test_ends_with_the_person_s_access(self, book, helen):
        helen.is_active = False

        with pytest.raises(NotAuthorized):
            ask(helen)

    def test_needs_the_permission_of_the_act(self, book, helen):
        helen.groups.clear()

        with pytest.raises(NotAuthorized):
            ask(User.objects.get(pk=helen.pk))

        assert ApprovalRequest.objects.exists() is False

    def test_in_a_currency_without_bounds_lets_nobody_act_alone(self, book):
        supervisor = factories.staff("Sun", User.Role.SUPERVISOR)

        assert ask(supervisor, "waiver.penalty", 1_00, currency="USD").status == "PENDING"
        assert book.done == []

    def test_of_zero_is_not_at_all_even_for_an_act_without_an_amount(self, book, helen):
        assert ask(helen, "refund", 0).status == "PENDING"


class TestSubmit:
    def test_keeps_who_what_and_why(self, book, helen):
        preview = [{"title": "Credit", "columns": ["before", "after"], "rows": [["¥100.00", "¥0.00"]], "note": ""}]

        asked = ask(helen, preview=preview, loan_id=7)

        kept = ApprovalRequest.objects.get()
        assert (kept.pk, kept.status, kept.maker, kept.is_alone) == (asked.pk, "PENDING", helen, False)
        assert (kept.kind, kept.subject_type, kept.subject_id, kept.loan_id) == ("refund", "thing", "1", 7)
        assert (kept.amount_minor, kept.currency, kept.payload, kept.reason) == (
            100_00,
            "CNY",
            {"thing": "1"},
            "paid twice",
        )
        assert (kept.preview, kept.checker, kept.decided_at, kept.result) == (preview, None, None, {})

    def test_waits_fourteen_whole_days_of_the_lender(self, book, helen):
        assert ask(helen).expires_at == datetime(2026, 6, 15, 16, tzinfo=UTC)  # midnight after 15 June in Shanghai
        assert ask(helen, "sale").expires_at == datetime(2026, 7, 1, 16, tzinfo=UTC)

    def test_within_own_authority_says_so_in_the_log(self, book):
        person = factories.staff("Chidi", User.Role.COLLECTOR)

        asked = ask(person, "waiver.penalty", 200_00)

        assert (asked.status, asked.is_alone, asked.checker, asked.result) == ("APPROVED", True, None, {"done": "1"})
        record = AuditRecord.objects.get(subject_type="approval")
        assert (record.action, record.subject_id, record.actor) == (
            "approvals.done_alone",
            str(asked.pk),
            f"user:{person.pk}",
        )
        assert record.data["amount_minor"] == 200_00

    def test_that_the_act_refuses_leaves_no_trace(self, book):
        book.refusal = LoanMoved("The loan is settled.")

        with pytest.raises(LoanMoved):
            ask(factories.staff("Chidi", User.Role.COLLECTOR), "waiver.penalty", 200_00)

        assert ApprovalRequest.objects.exists() is False
        assert AuditRecord.objects.exists() is False

    @pytest.mark.parametrize(("kind", "role"), [("refund", "ACCOUNTANT"), ("waiver.penalty", "COLLECTOR")])
    def test_again_with_the_same_key_is_the_same_request(self, book, kind, role):
        person = factories.staff(role.capitalize(), role)
        first = ask(person, kind)

        again = ask(person, kind)

        assert again.pk == first.pk
        assert again.status == first.status
        assert ApprovalRequest.objects.count() == 1
        assert AuditRecord.objects.filter(subject_type="approval").count() == 1
        assert len(book.done) == (1 if first.is_alone else 0)

    @pytest.mark.parametrize("other", [{"amount": 101_00}, {"payload": {"thing": "2"}}, {"loan_id": 8}])
    def test_refuses_a_key_that_was_used_for_something_else(self, book, helen, other):
        ask(helen, idempotency_key="once")

        with pytest.raises(RequestKeyReused) as refusal:
            ask(helen, idempotency_key="once", **other)

        assert refusal.value.code == "request_key_reused"
        assert ApprovalRequest.objects.get().amount_minor == 100_00

    def test_refuses_another_person_s_key(self, book, helen, wei):
        ask(helen, idempotency_key="once")

        with pytest.raises(RequestKeyReused):
            ask(wei, idempotency_key="once")

    @pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
    def test_refuses_without_a_reason(self, book, helen, reason):
        with pytest.raises(ReasonMissing) as refusal:
            ask(helen, reason=reason)

        assert (refusal.value.code, refusal.value.field) == ("reason_missing", "reason")
        assert ApprovalRequest.objects.exists() is False

    @pytest.mark.parametrize("amount", [-1, 10_000_000_000_001])
    def test_refuses_an_amount_that_is_none(self, book, helen, amount):
        with pytest.raises(InvalidAmount):
            ask(helen, amount=amount)

        assert ApprovalRequest.objects.exists() is False

    def test_refuses_an_act_that_nobody_registered(self, book, helen):
        with pytest.raises(UnknownAct, match="moon"):
            ask(helen, "moon")

    def test_takes_no_float(self, book, helen):
        with pytest.raises(AssertionError, match="float"):
            ask(helen, payload={"thing": "1", "amount": 0.1})

    def test_reads_the_rule_of_its_day(self, book, helen):
        assert ask(helen, today=date(2030, 1, 1)).is_expired_on(date(2030, 1, 16)) is True
        assert ask(helen, thing="2", today=TODAY).is_expired_on(date(2026, 6, 15)) is False
