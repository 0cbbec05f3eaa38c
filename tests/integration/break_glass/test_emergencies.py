"""Rights taken in an emergency: who may, what they give, what is noted, how they end, and who looks into it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse, reverse_lazy

from dashu.alerts.models import Alert
from dashu.audit.models import AuditRecord
from dashu.break_glass.models import EmergencyGrant
from dashu.break_glass.rights import never, rights_of
from dashu.break_glass.services.review_emergency import (
    MayNotReview,
    NotReviewed,
    review_emergency,
    watch_unreviewed,
)
from dashu.break_glass.services.take_rights import (
    MayTakeNoRights,
    RightsNotTaken,
    give_rights_back,
    take_rights,
)
from dashu.break_glass.tasks import tell_of_rights_taken
from dashu.users.models import User
from dashu.users.roles import STAFF_ROLES, covers
from tests import factories

pytestmark = pytest.mark.django_db

REASON = "The provider is down and refunds have to be given today."
TAKE = reverse_lazy("admin:break_glass_emergencygrant_take")
REFUND = "repayments.refund_payment"


def staff(name: str, role: str) -> User:
    user = factories.staff(name, role)
    user.language = "en"
    user.save()
    return user


@pytest.fixture
def sun():
    return staff("Sun", "SUPERVISOR")


@pytest.fixture
def ping():
    return staff("Ping", "SUPERVISOR")


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def taken(user: User, **changes) -> EmergencyGrant:
    return take_rights(**{"user": user, "role": "ACCOUNTANT", "minutes": 30, "reason": REASON, **changes})


def over(grant: EmergencyGrant, *, for_hours: float) -> None:
    """Have it be as if the time of a grant were over for so long."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        EmergencyGrant.objects.filter(pk=grant.pk).update(
            taken_at=Now() - timedelta(hours=for_hours, minutes=30), ends_at=Now() - timedelta(hours=for_hours)
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


class TestTaking:
    def test_is_kept_audited_and_told(self, sun, ping, mailoutbox):
        grant = taken(sun, incident="INC-7")

        assert (grant.role, grant.incident, grant.ends_at - grant.taken_at) == (
            "ACCOUNTANT",
            "INC-7",
            timedelta(minutes=30),
        )
        noted = AuditRecord.objects.get(action="break_glass.rights_taken")
        assert (noted.actor, noted.subject_id, noted.data["reason"]) == (f"user:{sun.pk}", str(grant.pk), REASON)
        alert = Alert.objects.get(kind="break_glass.taken", ended_at=None)
        assert f"user:{sun.pk} took the rights of ACCOUNTANT" in alert.text

        tell_of_rights_taken(grant_id=grant.pk)

        assert {address for mail in mailoutbox for address in mail.to} == {sun.email, ping.email}
        assert REASON not in mailoutbox[0].body
        assert f"/admin/break_glass/emergencygrant/{grant.pk}/change/" in mailoutbox[0].body

    @pytest.mark.parametrize(("changes", "field"), [
        ({"reason": "urgent"}, "reason"),
        ({"reason": " " * 40}, "reason"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 61}, "minutes"),
        ({"role": "SUPERVISOR"}, "role"),
        ({"role": "BORROWER"}, "role"),
        ({"role": "ROOT"}, "role"),
    ])  # fmt: skip
    def test_is_refused(self, sun, changes, field):
        with pytest.raises(RightsNotTaken) as refused:
            taken(sun, **changes)

        assert refused.value.field == field
        assert not EmergencyGrant.objects.exists()
        assert not Alert.objects.exists()

    def test_is_not_for_collectors_partners_borrowers_or_who_has_left(self, chidi, dana, amina, sun):
        User.objects.filter(pk=sun.pk).update(is_active=False)

        for user in (chidi, dana.user, amina.user, sun):
            with pytest.raises(MayTakeNoRights):
                taken(user)

    def test_of_an_administrator_who_has_all_rights_is_not_needed(self, administrator):
        with pytest.raises(RightsNotTaken, match="anyway"):
            taken(administrator)

    def test_happens_one_at_a_time_and_three_times_a_day(self, sun):
        for _time in range(3):
            grant = taken(sun)
            with pytest.raises(RightsNotTaken, match="Give those back first"):
                taken(sun, role="UNDERWRITER")
            over(grant, for_hours=1)

        with pytest.raises(RightsNotTaken, match="at most 3 times"):
            taken(sun)

    def test_gives_back_once_and_nobody_elses(self, sun, ping):
        grant = taken(sun)
        with pytest.raises(RightsNotTaken):
            give_rights_back(grant_id=grant.pk, user=ping)

        ended = give_rights_back(grant_id=grant.pk, user=sun).given_back_at

        assert ended is not None
        assert give_rights_back(grant_id=grant.pk, user=sun).given_back_at == ended
        assert AuditRecord.objects.filter(action="break_glass.rights_given_back").count() == 1


class TestRights:
    def test_of_no_role_hold_what_nobody_gets(self):
        for role in STAFF_ROLES:
            kept_back = [right for right in rights_of(role) if right.partition(".")[2].startswith(("give", "export"))]
            assert kept_back == []
            assert "users.change_user" not in rights_of(role)
            assert not any(right.startswith(("break_glass.", "oauth2_provider.")) for right in rights_of(role))

    @pytest.mark.parametrize("line", never())
    def test_each_line_keeps_something_back_that_a_role_has(self, line):
        granted = Permission.objects.filter(group__name__in=STAFF_ROLES).select_related("content_type")

        assert any(covers(line, permission) for permission in granted)

    def test_lie_with_the_request_alone(self, sun):
        assert REFUND in rights_of("ACCOUNTANT")
        client = browser_of(sun)
        client.post(TAKE, {"role": "ACCOUNTANT", "minutes": 30, "reason": REASON})

        assert EmergencyGrant.objects.get().taker == sun
        assert User.objects.get(pk=sun.pk).has_perm(REFUND) is False
        assert client.get("/admin/ledger/journalentry/").status_code == 200
        # Another browser of the same person has nothing of it.
        assert browser_of(sun).get("/admin/ledger/journalentry/").status_code == 403


class TestInTheBrowser:
    @pytest.fixture
    def client(self, sun):
        client = browser_of(sun)
        assert client.get("/admin/ledger/journalentry/").status_code == 403
        answer = client.post(TAKE, {"role": "ACCOUNTANT", "minutes": 30, "reason": REASON})
        assert (answer.status_code, answer.url) == (302, "/admin/")
        return client

    def test_each_page_says_so_and_gives_the_rights_back_at_once(self, client):
        grant = EmergencyGrant.objects.get()
        give_back = reverse("admin:break_glass_emergencygrant_give_back", args=[grant.pk])
        for address in ("/admin/", "/admin/loans/loan/"):
            page = client.get(address).content.decode()
            assert "You have the rights of “Accountant” in an emergency until" in page
            assert f'action="{give_back}"' in page

        client.post(give_back)

        assert client.get("/admin/ledger/journalentry/").status_code == 403
        assert "in an emergency until" not in client.get("/admin/").content.decode()

    def test_what_the_rights_were_used_for_is_noted_and_not_the_menu(self, client):
        client.get("/admin/loans/loan/")
        assert not AuditRecord.objects.filter(action="break_glass.rights_used").exists()

        client.get("/admin/ledger/journalentry/")

        noted = AuditRecord.objects.get(action="break_glass.rights_used")
        assert (noted.data["method"], noted.data["page"]) == ("GET", "admin:ledger_journalentry_changelist")
        assert "ledger.view_journalentry" in noted.data["rights"]

    def test_ends_by_the_clock_of_the_database(self, client):
        over(EmergencyGrant.objects.get(), for_hours=0)

        assert client.get("/admin/ledger/journalentry/").status_code == 403
        assert "emergency" not in client.session

    def test_ends_with_the_login(self, client, sun):
        User.objects.filter(pk=sun.pk).update(is_active=False)

        assert client.get("/admin/ledger/journalentry/").status_code == 302

    def test_a_refusal_stands_at_its_field(self, sun):
        page = browser_of(sun).post(TAKE, {"role": "ACCOUNTANT", "minutes": 90, "reason": REASON})

        assert page.status_code == 200
        assert not EmergencyGrant.objects.exists()

    def test_is_asked_for_a_fresh_proof(self, sun, settings):
        settings.STEP_UP = True

        answer = browser_of(sun).post(TAKE, {"role": "ACCOUNTANT", "minutes": 30, "reason": REASON})

        assert answer.status_code == 302
        assert "reauthenticate" in answer.url
        assert not EmergencyGrant.objects.exists()


class TestReview:
    def test_is_another_persons_once_and_ends_the_alerts(self, sun, ping, chidi):
        grant = taken(sun)
        found = {"grant_id": grant.pk, "is_justified": True, "words": "Three refunds, as said."}
        with pytest.raises(NotReviewed, match="not over"):
            review_emergency(user=ping, **found)
        over(grant, for_hours=25)
        with pytest.raises(MayNotReview, match="Somebody else"):
            review_emergency(user=sun, **found)
        with pytest.raises(MayNotReview, match="Your role"):
            review_emergency(user=chidi, **found)
        assert watch_unreviewed() == 1
        assert Alert.objects.filter(ended_at=None).count() == 2

        reviewed = review_emergency(user=ping, **found)

        assert (reviewed.reviewer, reviewed.is_justified) == (ping, True)
        assert not Alert.objects.filter(ended_at=None).exists()
        assert watch_unreviewed() == 0
        with pytest.raises(NotReviewed, match="already"):
            review_emergency(user=ping, **found)

    def test_shows_what_was_done(self, sun, ping):
        client = browser_of(sun)
        client.post(TAKE, {"role": "ACCOUNTANT", "minutes": 30, "reason": REASON})
        client.get("/admin/ledger/journalentry/")
        grant = EmergencyGrant.objects.get()
        give_rights_back(grant_id=grant.pk, user=sun)
        page = reverse("admin:break_glass_emergencygrant_look_into", args=[grant.pk])

        shown = browser_of(ping).get(page).content.decode()

        assert REASON in shown
        assert "admin:ledger_journalentry_changelist" in shown
        assert client.get(page).status_code == 403
        browser_of(ping).post(page, {"is_justified": "no", "words": "Nobody knew of it."})
        grant.refresh_from_db()
        assert (grant.is_justified, grant.review) == (False, "Nobody knew of it.")

    def test_others_see_their_own_only(self, sun):
        taken(sun)
        bo = staff("Bo", "UNDERWRITER")

        listed = browser_of(bo).get("/admin/break_glass/emergencygrant/").content.decode()

        assert "Sun" not in listed
        assert (
            browser_of(bo)
            .get(f"/admin/break_glass/emergencygrant/{EmergencyGrant.objects.get().pk}/change/")
            .status_code
            == 302
        )

    def test_the_list_asks_as_often_for_many_as_for_one(self, sun, ping):
        client = browser_of(ping)
        over(taken(sun), for_hours=2)
        client.get("/admin/break_glass/emergencygrant/")
        with CaptureQueriesContext(connection) as one:
            client.get("/admin/break_glass/emergencygrant/")
        over(taken(sun), for_hours=1)
        with CaptureQueriesContext(connection) as two:
            client.get("/admin/break_glass/emergencygrant/")

        assert len(one) == len(two)


class TestTheDatabase:
    def refused(self, match, **changes):
        with pytest.raises(IntegrityError, match=match), transaction.atomic():
            EmergencyGrant.objects.filter().update(**changes)

    def test_takes_an_hour_at_most_from_now_on_and_one_at_a_time(self, sun):
        given = {"taker": sun, "role": "ACCOUNTANT", "reason": REASON}
        for match, ends, more in (
            ("break_glass_an_hour_at_most", timedelta(minutes=61), {}),
            ("break_glass_an_hour_at_most", timedelta(0), {}),
            ("break_glass_begins_now", timedelta(minutes=5), {"taken_at": Now() - timedelta(hours=2)}),
        ):
            with pytest.raises(IntegrityError, match=match), transaction.atomic():
                EmergencyGrant.objects.create(**given, **more, ends_at=Now() + ends)
        taken(sun)
        with pytest.raises(IntegrityError, match="break_glass_one_at_a_time"), transaction.atomic():
            EmergencyGrant.objects.create(**given, ends_at=Now() + timedelta(minutes=5))

    def test_changes_nothing_of_it(self, sun, ping):
        grant = taken(sun)

        self.refused("break_glass_is_fixed", reason="another")
        self.refused("break_glass_is_fixed", ends_at=Now() + timedelta(minutes=50))
        self.refused("break_glass_review_is_whole", reviewer=ping)
        self.refused(
            "break_glass_reviewed_by_another", reviewer=sun, reviewed_at=Now(), is_justified=True, review="fine"
        )
        with pytest.raises(IntegrityError, match="break_glass_is_kept"), transaction.atomic():
            grant.delete()
