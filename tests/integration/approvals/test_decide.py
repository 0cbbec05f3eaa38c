"""Approving, declining and withdrawing: by whom, once, and with everything undone that the act could not finish."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from dashu.approvals import acts
from dashu.approvals.acts import ActKind
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.previews import fingerprint, has_moved
from dashu.approvals.selectors import waiting_for
from dashu.approvals.services.decide import (
    AlreadyDecided,
    OwnRequest,
    RequestChanged,
    RequestExpired,
    RequestNotFound,
    approve,
    decline,
    withdraw,
)
from dashu.approvals.services.submit import ReasonMissing
from dashu.audit.models import AuditRecord
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.models import User
from tests import factories
from tests.integration.approvals.conftest import STAFF, TODAY, LoanMoved, ask

pytestmark = pytest.mark.django_db

NO_BOUND = 9_000_000_000_00
APPROVES_UP_TO = {
    "waiver.penalty": {"SUPERVISOR": 20_000_00, "ADMIN": NO_BOUND},
    "waiver.interest": {"SUPERVISOR": 20_000_00, "ADMIN": NO_BOUND},
    "waiver.fee": {"SUPERVISOR": 20_000_00, "ADMIN": NO_BOUND},
    "waiver.principal": {"ADMIN": NO_BOUND},
    "refund": {"ACCOUNTANT": NO_BOUND, "ADMIN": NO_BOUND},
    "charge_off": {"SUPERVISOR": 50_000_00, "ACCOUNTANT": 50_000_00, "ADMIN": NO_BOUND},
    "write_off": {"SUPERVISOR": 20_000_00, "ACCOUNTANT": 20_000_00, "ADMIN": NO_BOUND},
    "sale": {"ADMIN": NO_BOUND},
    "recovery": {"SUPERVISOR": 20_000_00, "ACCOUNTANT": NO_BOUND, "ADMIN": NO_BOUND},
}
AMOUNTS = [20_000_00, 20_000_01, 50_000_00, 50_000_01, 9_000_000_00]


def row(kind: str, amount: int, maker: User, **given) -> ApprovalRequest:
    """A waiting request of any amount, whoever may ask for it."""
    values = {
        "kind": kind,
        "subject_type": "thing",
        "subject_id": "1",
        "amount_minor": amount,
        "currency": "CNY",
        "payload": {"thing": "1"},
        "language": "en",
        "reason": "because",
        "maker": maker,
        "expires_at": "2026-06-15T16:00:00Z",
        "idempotency_key": f"{kind}-{amount}",
    }
    return ApprovalRequest.objects.create(**{**values, **given})


def outcome(request: ApprovalRequest, user: User) -> str:
    try:
        return approve(request_id=request.pk, user=user, today=TODAY).status
    except NotAuthorized:
        return "REFUSED"


class TestAuthority:
    @pytest.mark.parametrize("role", STAFF)
    @pytest.mark.parametrize("kind", APPROVES_UP_TO)
    def test_to_approve_ends_at_the_bound_and_the_inbox_agrees(self, kind, role, book):
        maker, person = factories.staff("Maker", User.Role.ADMIN), factories.staff(role.capitalize(), role)
        requests = {amount: row(kind, amount, maker) for amount in AMOUNTS}
        listed = set(waiting_for(person, on=TODAY).values_list("amount_minor", flat=True))

        became = {amount: outcome(request, person) for amount, request in requests.items()}

        may = {amount for amount in AMOUNTS if amount <= APPROVES_UP_TO[kind].get(role, -1)}
        assert became == {amount: "APPROVED" if amount in may else "REFUSED" for amount in AMOUNTS}
        assert listed == may
        assert book.done == [("1", f"user:{maker.pk}")] * len(may)

    def test_in_another_currency_is_only_without_a_bound(self, book, people):
        request = row("write_off", 1_00, people["ADMIN"], currency="USD")
        another = factories.staff("Ada", User.Role.ADMIN)

        assert outcome(request, people["SUPERVISOR"]) == "REFUSED"
        assert waiting_for(people["SUPERVISOR"], on=TODAY).exists() is False
        assert outcome(request, another) == "APPROVED"


class TestApprove:
    def test_does_the_act_in_the_maker_s_name_and_names_both(self, book, helen, wei):
        asked = ask(helen, loan_id=7)

        done = approve(request_id=asked.pk, user=wei, today=date(2026, 6, 2), note=" fits the statement ")

        assert (done.status, done.checker, done.on_behalf_of, done.decision_note) == (
            "APPROVED",
            wei,
            None,
            "fits the statement",
        )
        assert done.decided_at is not None
        assert done.result == {"done": "1"}
        act = AuditRecord.objects.get(action="test.done")
        assert (act.actor, act.data) == (f"user:{helen.pk}", {"on": "2026-06-02"})
        record = AuditRecord.objects.get(action="approvals.approved")
        assert (record.actor, record.subject_id) == (f"user:{wei.pk}", str(asked.pk))
        assert record.data == {
            "kind": "refund",
            "subject": "thing 1",
            "loan_id": 7,
            "amount_minor": 100_00,
            "currency": "CNY",
            "reason": "paid twice",
            "asked_by": f"user:{helen.pk}",
            "approved_by": f"user:{wei.pk}",
            "note": "fits the statement",
            "result": {"done": "1"},
        }

    def test_is_never_one_s_own(self, book, helen):
        asked = ask(helen)

        with pytest.raises(OwnRequest) as refusal:
            approve(request_id=asked.pk, user=helen, today=TODAY)

        assert refusal.value.code == "own_request"
        assert (book.done, ApprovalRequest.objects.get().status) == ([], "PENDING")
        assert waiting_for(helen, on=TODAY).exists() is False

    def test_again_by_the_same_person_is_answered_as_before(self, book, helen, wei):
        asked = ask(helen)
        first = approve(request_id=asked.pk, user=wei, today=TODAY)

        again = approve(request_id=asked.pk, user=wei, today=TODAY, note="other words", seen="other")

        assert (again.pk, again.status, again.decided_at, again.decision_note) == (
            first.pk,
            "APPROVED",
            first.decided_at,
            "",
        )
        assert len(book.done) == 1

    def test_by_another_person_comes_too_late(self, book, helen, wei, people):
        asked = ask(helen)
        approve(request_id=asked.pk, user=wei, today=TODAY)

        for decide in (approve, decline):
            with pytest.raises(AlreadyDecided) as refusal:
                decide(request_id=asked.pk, user=people["ACCOUNTANT"], today=TODAY, note="too much")
            assert refusal.value.code == "already_decided"
        with pytest.raises(AlreadyDecided):
            decline(request_id=asked.pk, user=wei, today=TODAY, note="changed my mind")
        with pytest.raises(AlreadyDecided):
            withdraw(request_id=asked.pk, user=helen)

        assert ApprovalRequest.objects.get().status == "APPROVED"
        assert len(book.done) == 1

    def test_on_the_last_day_is_in_time_and_on_the_next_is_not(self, book, helen, wei):
        late, in_time = ask(helen, thing="1"), ask(helen, thing="2")

        with pytest.raises(RequestExpired) as refusal:
            approve(request_id=late.pk, user=wei, today=date(2026, 6, 16))
        approve(request_id=in_time.pk, user=wei, today=date(2026, 6, 15))

        assert refusal.value.code == "expired"
        assert book.done == [("2", f"user:{helen.pk}")]
        assert waiting_for(wei, on=date(2026, 6, 15)).count() == 1
        assert waiting_for(wei, on=date(2026, 6, 16)).count() == 0

    def test_of_an_unknown_request_is_refused(self, book, wei):
        with pytest.raises(RequestNotFound):
            approve(request_id=999_999, user=wei, today=TODAY)

    def test_refuses_a_note_that_is_too_long(self, book, helen, wei):
        asked = ask(helen)

        with pytest.raises(ReasonMissing):
            approve(request_id=asked.pk, user=wei, today=TODAY, note="x" * 501)

        assert book.done == []


class TestActThatRefuses:
    def test_fails_the_request_with_its_code_and_sentence_and_leaves_nothing_half_written(self, book, helen, wei):
        asked = ask(helen)
        book.refusal = LoanMoved("The credit has been used for %(what)s.", params={"what": "interest"}, field="amount")

        failed = approve(request_id=asked.pk, user=wei, today=TODAY)

        assert (failed.status, failed.checker) == ("FAILED", wei)
        assert ApprovalRequest.objects.get().result == {
            "code": "loan_moved",
            "message": "The credit has been used for interest.",
            "field": "amount",
        }
        assert book.done == []
        assert AuditRecord.objects.get(action="approvals.failed").data["result"]["code"] == "loan_moved"

    def test_is_not_tried_again_by_approving_again(self, book, helen, wei):
        asked = ask(helen)
        book.refusal = LoanMoved("The credit is used.")
        approve(request_id=asked.pk, user=wei, today=TODAY)
        book.refusal = None

        assert approve(request_id=asked.pk, user=wei, today=TODAY).status == "FAILED"
        assert book.done == []

    @pytest.mark.parametrize("trouble", [PolicyRuleMissing("no rule"), RuntimeError("our own mistake")])
    def test_for_a_reason_that_heals_keeps_waiting(self, book, helen, wei, trouble):
        asked = ask(helen)
        book.refusal = trouble

        with pytest.raises(type(trouble)):
            approve(request_id=asked.pk, user=wei, today=TODAY)

        assert ApprovalRequest.objects.get().status == "PENDING"
        assert book.done == []
        book.refusal = None
        assert approve(request_id=asked.pk, user=wei, today=TODAY).status == "APPROVED"


class TestWhatWasSeen:
    @pytest.fixture
    def asked(self, book, helen) -> ApprovalRequest:
        acts.register(
            ActKind(
                code="refund",
                label="Refund",
                perform=book.perform,
                permission="approvals.view_approvalrequest",
                describe=str,
                preview=book.preview,
            )
        )
        with translation.override("zh-hans"):
            return ask(helen, preview=book.preview({}, TODAY))

    def test_is_what_is_approved(self, book, asked, wei):
        with translation.override("en"):
            seen = fingerprint(asked, today=TODAY)

        assert has_moved(asked, today=TODAY) is False
        assert approve(request_id=asked.pk, user=wei, today=TODAY, seen=seen).status == "APPROVED"

    def test_has_to_be_looked_at_again_when_it_moved(self, book, asked, wei):
        seen = fingerprint(asked, today=TODAY)
        book.credit = 1_00

        with pytest.raises(RequestChanged) as refusal:
            approve(request_id=asked.pk, user=wei, today=TODAY, seen=seen)

        assert refusal.value.code == "request_changed"
        assert (book.done, ApprovalRequest.objects.get().status) == ([], "PENDING")
        assert has_moved(asked, today=TODAY) is True
        seen = fingerprint(asked, today=TODAY)
        assert approve(request_id=asked.pk, user=wei, today=TODAY, seen=seen).status == "APPROVED"


class TestDecline:
    def test_says_why_and_does_nothing(self, book, helen, wei):
        asked = ask(helen)

        declined = decline(request_id=asked.pk, user=wei, today=TODAY, note="the account is not theirs")

        assert (declined.status, declined.checker, declined.decision_note) == (
            "DECLINED",
            wei,
            "the account is not theirs",
        )
        assert book.done == []
        record = AuditRecord.objects.get(action="approvals.declined")
        assert (record.data["declined_by"], record.data["asked_by"]) == (f"user:{wei.pk}", f"user:{helen.pk}")
        assert decline(request_id=asked.pk, user=wei, today=TODAY, note="again").decision_note == declined.decision_note
        with pytest.raises(AlreadyDecided):
            approve(request_id=asked.pk, user=wei, today=TODAY)

    def test_needs_a_note_and_authority(self, book, helen, wei, people):
        asked = ask(helen)

        with pytest.raises(ReasonMissing):
            decline(request_id=asked.pk, user=wei, today=TODAY, note=" ")
        with pytest.raises(NotAuthorized):
            decline(request_id=asked.pk, user=people["COLLECTOR"], today=TODAY, note="no")
        with pytest.raises(OwnRequest):
            decline(request_id=asked.pk, user=helen, today=TODAY, note="no")

        assert ApprovalRequest.objects.get().status == "PENDING"


class TestWithdraw:
    def test_is_for_the_one_who_asked(self, book, helen, wei):
        asked = ask(helen)

        with pytest.raises(NotAuthorized):
            withdraw(request_id=asked.pk, user=wei)
        assert withdraw(request_id=asked.pk, user=helen).status == "WITHDRAWN"
        assert withdraw(request_id=asked.pk, user=helen).status == "WITHDRAWN"

        with pytest.raises(AlreadyDecided):
            approve(request_id=asked.pk, user=wei, today=TODAY)
        assert book.done == []
        assert AuditRecord.objects.filter(action="approvals.withdrawn").count() == 1


class TestTable:
    """What the database itself refuses, whatever a program does."""

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ("status = 'APPROVED', checker_id = maker_id, decided_at = now()", "approvals_maker_is_not_checker"),
            ("status = 'APPROVED', decided_at = now()", "approvals_decision_fits_status"),
            ("status = 'DONE', decided_at = now()", "approvals_decision_fits_status"),
            (
                "status = 'APPROVED', checker_id = {wei}, on_behalf_of_id = maker_id, decided_at = now()",
                "approvals_maker_is_not_who_lent_authority",
            ),
            ("status = 'APPROVED', is_alone = true, decided_at = now()", "approvals_request_is_fixed"),
            ("amount_minor = amount_minor + 1", "approvals_request_is_fixed"),
            ("payload = '{{}}'", "approvals_request_is_fixed"),
            ("maker_id = {wei}", "approvals_request_is_fixed"),
            ("expires_at = expires_at + interval '1 day'", "approvals_request_is_fixed"),
        ],
    )
    def test_refuses_a_decision_or_change_that_cannot_be(self, book, helen, wei, change, rule):
        ask(helen)

        with pytest.raises(IntegrityError, match=rule), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE approvals_approvalrequest SET {change.format(wei=wei.pk)}")

        assert ApprovalRequest.objects.get().status == "PENDING"

    @pytest.mark.parametrize("change", ["UPDATE {} SET decision_note = 'x'", "UPDATE {} SET status = 'PENDING'"])
    def test_keeps_what_was_decided(self, book, helen, wei, change):
        approve(request_id=ask(helen).pk, user=wei, today=TODAY)

        with (
            pytest.raises(IntegrityError, match="approvals_request_is_decided"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change.format("approvals_approvalrequest"))

    def test_deletes_nothing(self, book, helen):
        asked = ask(helen)

        with pytest.raises(IntegrityError, match="approvals_request_is_kept"), transaction.atomic():
            asked.delete()

        assert ApprovalRequest.objects.exists() is True
