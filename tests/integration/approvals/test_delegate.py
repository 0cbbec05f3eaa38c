"""Authority that is lent: for how long, to whom, and what it never reaches."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest, Delegation
from dashu.approvals.selectors import waiting_for
from dashu.approvals.services.decide import OwnRequest, approve, decline
from dashu.approvals.services.delegate import DelegationNotFound, InvalidDelegation, delegate, end_delegation
from dashu.approvals.services.submit import ReasonMissing
from dashu.audit.models import AuditRecord
from dashu.users.models import User
from tests import factories
from tests.integration.approvals.conftest import TODAY, ask
from tests.integration.approvals.test_decide import row

pytestmark = pytest.mark.django_db

FROM, TO = date(2026, 6, 1), date(2026, 6, 10)


@pytest.fixture
def ada(db) -> User:
    return factories.staff("Ada", User.Role.ADMIN)


def lend(owner: User, to: User, *, by: User | None = None, **given) -> Delegation:
    values = {"from_on": FROM, "to_on": TO, "reason": "on leave", "today": TODAY, "user": by or owner}
    return delegate(from_user_id=owner.pk, to_user_id=to.pk, **{**values, **given})


class TestLentAuthority:
    @pytest.mark.parametrize(("amount", "may"), [(20_000_00, True), (20_000_01, False)])
    def test_reaches_as_far_as_the_owner_s_own(self, book, chidi, amount, may):
        sun, maker = factories.staff("Sun", User.Role.SUPERVISOR), factories.staff("Mo", User.Role.COLLECTOR)
        request = row("waiver.penalty", amount, maker)
        lend(sun, chidi)

        assert waiting_for(chidi, on=TODAY).count() == (1 if may else 0)
        if may:
            done = approve(request_id=request.pk, user=chidi, today=TODAY)
            assert (done.checker, done.on_behalf_of) == (chidi, sun)
            record = AuditRecord.objects.get(action="approvals.approved")
            assert (record.data["approved_by"], record.data["on_behalf_of"]) == (f"user:{chidi.pk}", f"user:{sun.pk}")
        else:
            with pytest.raises(NotAuthorized):
                approve(request_id=request.pk, user=chidi, today=TODAY)
            assert book.done == []

    def test_is_used_only_where_one_s_own_does_not_reach(self, book, helen, wei, ada):
        lend(ada, wei)

        assert approve(request_id=ask(helen).pk, user=wei, today=TODAY).on_behalf_of is None

    @pytest.mark.parametrize(
        ("day", "may"),
        [(date(2026, 5, 31), 0), (FROM, 1), (TO, 1), (date(2026, 6, 11), 0)],
    )
    def test_holds_on_its_days(self, book, helen, chidi, ada, day, may):
        row("refund", 100_00, helen, expires_at="2026-07-01T00:00:00Z")
        lend(ada, chidi)

        assert waiting_for(chidi, on=day).count() == may

    def test_never_reaches_one_s_own_request(self, book, chidi, ada):
        asked = ask(chidi, "waiver.penalty", 500_00)
        lend(ada, chidi)

        for decide in (approve, decline):
            with pytest.raises(OwnRequest):
                decide(request_id=asked.pk, user=chidi, today=TODAY, note="mine")

        assert (book.done, waiting_for(chidi, on=TODAY).count()) == ([], 0)

    def test_never_reaches_a_request_of_its_owner(self, book, helen, chidi):
        asked = ask(helen)
        lend(helen, chidi)

        with pytest.raises(NotAuthorized):
            approve(request_id=asked.pk, user=chidi, today=TODAY)

        assert (book.done, waiting_for(chidi, on=TODAY).count()) == ([], 0)

    def test_never_reaches_a_request_of_whoever_entered_it(self, book, helen, chidi, ada):
        asked = ask(ada, "refund")
        lend(helen, chidi, by=ada)

        with pytest.raises(NotAuthorized):
            approve(request_id=asked.pk, user=chidi, today=TODAY)

        assert (book.done, waiting_for(chidi, on=TODAY).count()) == ([], 0)

    def test_is_not_lent_on(self, book, helen, chidi, ada):
        supervisor = factories.staff("Sun", User.Role.SUPERVISOR)
        request = row("refund", 100_00, helen)
        lend(ada, supervisor)
        lend(supervisor, chidi)

        assert waiting_for(supervisor, on=TODAY).count() == 1
        assert waiting_for(chidi, on=TODAY).count() == 0
        with pytest.raises(NotAuthorized):
            approve(request_id=request.pk, user=chidi, today=TODAY)

    def test_ends_when_it_is_ended_or_its_owner_may_no_longer_sign_in(self, book, helen, chidi, ada):
        row("refund", 100_00, helen)
        lent = lend(ada, chidi)

        User.objects.filter(pk=ada.pk).update(is_active=False)
        assert waiting_for(chidi, on=TODAY).count() == 0
        User.objects.filter(pk=ada.pk).update(is_active=True)
        assert waiting_for(chidi, on=TODAY).count() == 1
        end_delegation(delegation_id=lent.pk, user=ada)
        assert waiting_for(chidi, on=TODAY).count() == 0
        assert ApprovalRequest.objects.get().status == "PENDING"


class TestDelegate:
    def test_is_noted(self, policy_packs, helen, chidi):
        lent = lend(helen, chidi)

        assert (lent.from_user, lent.to_user, lent.made_by, lent.reason) == (helen, chidi, helen, "on leave")
        record = AuditRecord.objects.get()
        assert (record.action, record.actor) == ("approvals.delegated", f"user:{helen.pk}")
        assert record.data == {
            "authority_of": f"user:{helen.pk}",
            "lent_to": f"user:{chidi.pk}",
            "from_on": "2026-06-01",
            "to_on": "2026-06-10",
            "reason": "on leave",
        }

    def test_the_same_again_changes_nothing(self, policy_packs, helen, chidi):
        assert lend(helen, chidi).pk == lend(helen, chidi, reason="other words").pk
        assert Delegation.objects.get().reason == "on leave"

    def test_of_another_s_authority_is_for_administrators(self, policy_packs, helen, wei, chidi, ada):
        with pytest.raises(NotAuthorized):
            lend(helen, chidi, by=wei)
        assert Delegation.objects.exists() is False
        assert lend(helen, chidi, by=ada).made_by == ada

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"from_on": date(2026, 5, 31)}, "from_on"),
            ({"to_on": date(2026, 5, 30)}, "to_on"),
            ({"to_on": date(2026, 9, 1)}, "to_on"),  # 93 days
        ],
    )
    def test_refuses_days_that_are_over_or_too_many(self, policy_packs, helen, chidi, given, field):
        with pytest.raises(InvalidDelegation) as refusal:
            lend(helen, chidi, **given)

        assert (refusal.value.code, refusal.value.field) == ("invalid_delegation", field)
        assert Delegation.objects.exists() is False
        assert lend(helen, chidi, to_on=date(2026, 8, 31)).to_on == date(2026, 8, 31)

    def test_refuses_people_who_cannot_lend_or_be_lent_to(self, policy_packs, helen, chidi, ada):
        borrower = User.objects.create_user("b@example.com", "correct horse", role=User.Role.BORROWER)
        gone = factories.staff("Gone", User.Role.ACCOUNTANT)
        User.objects.filter(pk=gone.pk).update(is_active=False)

        for owner, to in [(helen, helen), (helen, borrower), (helen, gone), (chidi, helen), (gone, chidi)]:
            with pytest.raises(InvalidDelegation):
                lend(owner, to, by=ada)
        with pytest.raises(NotAuthorized):
            lend(chidi, helen)
        with pytest.raises(ReasonMissing):
            lend(helen, chidi, reason=" ")

        assert Delegation.objects.exists() is False

    def test_is_ended_by_either_side_and_by_administrators(self, policy_packs, helen, wei, chidi, ada):
        lent = lend(helen, chidi)

        with pytest.raises(DelegationNotFound):
            end_delegation(delegation_id=lent.pk, user=wei)
        with pytest.raises(DelegationNotFound):
            end_delegation(delegation_id=999_999, user=ada)
        ended = end_delegation(delegation_id=lent.pk, user=chidi)

        assert ended.ended_at is not None
        assert end_delegation(delegation_id=lent.pk, user=ada).ended_at == ended.ended_at
        assert AuditRecord.objects.filter(action="approvals.delegation_ended").count() == 1

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ({"to_user": "from_user"}, "approvals_delegation_is_to_another"),
            ({"to_on": date(2026, 5, 1)}, "approvals_delegation_ends_after_it_starts"),
        ],
    )
    def test_is_held_to_sense_by_the_table(self, policy_packs, helen, chidi, change, rule):
        lent = lend(helen, chidi)
        values = {name: lent.from_user_id if value == "from_user" else value for name, value in change.items()}

        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            Delegation.objects.filter(pk=lent.pk).update(**values)
