"""The evidence of the contact guard, its simulator, and who sees a number."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from dashu.messaging.case_facts import CaseFacts, register_case_facts, unregister_case_facts
from dashu.messaging.models import ContactAttempt, GuardDecision
from dashu.messaging.services.dialing import ask_to_dial
from dashu.users.models import User
from tests import factories
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.usefixtures("policy_packs")

NOON = datetime(2026, 5, 4, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
SIMULATOR = "/admin/messaging/guarddecision/simulate/"
ASKED = {
    "pack": "cn",
    "on": "2026-05-04T12:00",
    "channel": "CALL",
    "party": "BORROWER",
    "purpose": "COLLECTION",
    "operator": "user",
    "dpd": "12",
}
PHONE = "13800001234"


@pytest.fixture
def amina(db):
    return factories.borrower("Amina", phone=PHONE, email="amina@example.com")


@pytest.fixture
def called(amina):
    register_case_facts("test", lambda asked, _on: dict.fromkeys(asked, CaseFacts(dpd=12)))
    try:
        return [ask_to_dial(key=f"k{number}", borrower_id=amina.pk, operator="user:7", at=NOON) for number in range(4)]
    finally:
        unregister_case_facts("test")


@pytest.fixture
def page(db):
    client = as_role("SUPERVISOR")
    return lambda **asked: client.get(SIMULATOR, {**ASKED, **asked})


class TestSimulator:
    def test_says_what_is_allowed_and_with_which_conditions(self, page):
        assert "Without conditions." in page().content.decode()
        assert "Say how to stop these messages" in page(channel="SMS", purpose="REMINDER").content.decode()

    def test_gives_every_reason_with_its_rule_source_and_next_moment(self, page):
        shown = page(
            on="2026-05-04T23:00",
            history="\n".join(["2026-05-04 09:00 call borrower right_party"] * 3),
        ).content.decode()

        assert "Contact refused" in shown
        assert "Outside the contact hours" in shown
        assert "Enough conversations today" in shown
        assert "contact.connected_calls" in shown
        assert "GB/T 45251-2025, at most 3 effective calls a day" in shown
        assert "Seen in a public source" in shown
        assert "2026-05-05 08:00" in shown

    def test_counts_in_the_zone_of_the_person_by_the_pack_of_the_place(self, page):
        shown = page(pack="us", zone="America/New_York", on="2026-05-04T20:59")
        late = page(pack="us", zone="America/New_York", on="2026-05-04T21:00")

        assert "Without conditions." in shown.content.decode()
        assert "2026-05-05 08:00" in late.content.decode()

    def test_takes_the_history_of_a_borrower_and_changes_nothing(self, page, amina, called):
        before = GuardDecision.objects.count(), ContactAttempt.objects.count()

        shown = page(borrower=amina.number).content.decode()

        assert "Enough conversations today" in shown
        assert PHONE not in shown
        assert (GuardDecision.objects.count(), ContactAttempt.objects.count()) == before

    def test_says_that_waiting_does_not_help(self, page):
        assert "Waiting alone does not help." in page(flags="complaint").content.decode()

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"zone": "Mars/Olympus"}, "There is no such time zone."),
            ({"borrower": "B404"}, "There is no borrower with this number."),
            ({"history": "yesterday"}, "Line 1 cannot be read."),
            ({"history": "2026-05-04 09:00 call borrower shouted"}, "Line 1 has an outcome that is not known."),
            ({"dpd": "many"}, "Enter a whole number."),
        ],
    )
    def test_keeps_what_was_typed_and_says_what_is_wrong(self, page, asked, words):
        shown = page(**asked)

        assert words in shown.content.decode()
        assert next(iter(asked.values())) in shown.content.decode()

    def test_opens_empty_and_only_for_those_who_may(self, db):
        assert as_role("SUPERVISOR").get(SIMULATOR).status_code == 200
        assert as_role("COLLECTOR").get(SIMULATOR).status_code == 403
        assert as_role("ACCOUNTANT").get(SIMULATOR).status_code == 403

    def test_is_a_button_of_the_decisions(self, db):
        client = as_role("SUPERVISOR")

        assert "Try what would be decided" in client.get("/admin/messaging/guarddecision/").content.decode()
        assert client.get("/admin/messaging/guarddecision/try/").url == SIMULATOR


class TestEvidence:
    def test_lists_decisions_and_attempts_without_numbers(self, called):
        client = as_role("SUPERVISOR")

        decisions = client.get("/admin/messaging/guarddecision/?verdict__exact=BLOCK").content.decode()
        attempts = client.get("/admin/messaging/contactattempt/").content.decode()

        assert "Enough conversations today" in decisions
        assert "Not noted yet" in attempts
        for shown in (decisions, attempts):
            assert PHONE not in shown

    def test_of_attempts_is_closed_to_those_who_do_not_call(self, called):
        assert as_role("ACCOUNTANT").get("/admin/messaging/contactattempt/").status_code == 403
        assert as_role("COLLECTOR").get("/admin/messaging/contactattempt/").status_code == 200


class TestNumbers:
    def test_of_borrowers_are_masked_for_collectors(self, amina):
        client = as_role("COLLECTOR")
        factories.given_to(User.objects.get(role="COLLECTOR"), amina)

        for address in (
            reverse("admin:users_borrower_changelist"),
            reverse("admin:users_borrower_change", args=[amina.pk]),
        ):
            shown = client.get(address).content.decode()
            assert "138****1234" in shown
            assert PHONE not in shown

    def test_of_borrowers_are_corrected_by_those_who_keep_them(self, amina):
        shown = as_role("UNDERWRITER").get(reverse("admin:users_borrower_change", args=[amina.pk])).content.decode()

        assert PHONE in shown

    def test_of_messages_are_masked(self, amina):
        sent = factories.message(amina, channel="SMS", status="SENT", sent_at=NOON, address=PHONE, body="Hello.")

        shown = as_role("SUPERVISOR").get(f"/admin/messaging/outboxmessage/{sent.pk}/change/").content.decode()

        assert "138****1234" in shown
        assert PHONE not in shown
