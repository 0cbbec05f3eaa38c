"""What was sent to a borrower, as they read it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import OutboxMessage
from dashu.users.models import Borrower
from tests import factories

SENT = datetime(2026, 5, 1, 12, tzinfo=LENDER_ZONE)


@pytest.fixture
def amina(rules: None) -> Borrower:
    return _reader("Amina")


@pytest.fixture
def brook(rules: None) -> Borrower:
    return _reader("Brook")


def _reader(name: str) -> Borrower:
    found = factories.borrower(name, phone="13800000000", email=f"{name.lower()}@example.com", language="en")
    found.user.language = "en"
    found.user.save()
    return found


def signed_in(borrower: Borrower) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(borrower.user, "django.contrib.auth.backends.ModelBackend")
    return client


def told(borrower: Borrower, number: int = 1, **fields: Any) -> OutboxMessage:
    about = {
        "dedupe_key": f"told:{borrower.pk}:{number}",
        "template": "repayments.receipt",
        "language": "en",
        "status": "SENT",
        "sent_at": SENT + timedelta(minutes=number),
        "subject": f"Letter {number}",
        "body": f"This is letter {number}.",
    }
    return factories.message(borrower, **{**about, **fields})


class TestInbox:
    def test_lists_each_contact_with_channel_reason_and_what_became_of_it(self, amina):
        told(amina, 1)
        told(
            amina,
            2,
            channel="EMAIL",
            purpose="REMINDER",
            template="reminder.overdue",
            address="amina@example.com",
            delivery="BOUNCED",
        )

        page = signed_in(amina).get("/messages/").content.decode()

        assert page.index("Letter 2") < page.index("Letter 1")
        assert "Because a payment of yours arrived" in page
        assert "Because an installment was not paid yet" in page
        assert "Did not arrive: there is no such address" in page
        assert "May 1, 2026" in page

    def test_leaves_out_what_was_not_sent_and_what_is_another_persons(self, amina, brook):
        for number, status in enumerate(("PENDING", "FAILED", "CANCELLED", "BLOCKED"), start=1):
            told(amina, number, status=status, sent_at=None)
        told(brook, 9)

        page = signed_in(amina).get("/messages/").content.decode()

        assert "Letter" not in page
        assert "We have not sent you anything yet." in page

    def test_turns_pages_without_missing_or_repeating_one(self, amina):
        for number in range(45):
            told(amina, number, sent_at=SENT + timedelta(minutes=number // 4))
        client, seen, address = signed_in(amina), [], "/messages/"
        while address:
            context = client.get(address).context
            seen += [each.subject for each in context["messages_told"]]
            address = f"/messages/?before={context['older']}" if context["older"] else ""

        assert seen == [f"Letter {number}" for number in reversed(range(45))]

    def test_a_page_begins_only_after_a_message_of_ones_own(self, amina, brook):
        theirs = told(brook)

        for before in (str(theirs.pk), "x", "9" * 30, "²"):
            assert signed_in(amina).get("/messages/", {"before": before}).status_code == 404

    def test_costs_the_same_for_few_and_for_many(self, amina):
        client = signed_in(amina)
        told(amina, 1)
        with CaptureQueriesContext(connection) as few:
            client.get("/messages/")
        for number in range(2, 40):
            told(amina, number)
        with CaptureQueriesContext(connection) as many:
            client.get("/messages/")

        assert len(many) == len(few)

    def test_is_for_who_signs_in(self, amina, chidi):
        assert Client().get("/messages/").status_code == 302
        staff = Client()
        staff.force_login(chidi, "django.contrib.auth.backends.ModelBackend")
        told(amina)
        assert "Letter" not in staff.get("/messages/").content.decode()


class TestMessage:
    def test_shows_the_text_as_it_was_sent_and_how_to_stop_its_kind(self, amina):
        sent = told(amina, channel="SMS", purpose="REMINDER", template="reminder.upcoming", address="13800000000")

        page = signed_in(amina).get(f"/messages/{sent.pk}/").content.decode()

        assert "This is letter 1." in page
        assert "13800000000" in page
        assert "Stop messages of this kind on this channel" in page
        assert "/stop/" in page
        assert "Pause reminders for some days" in page

    def test_says_where_it_cannot_be_stopped(self, amina):
        page = signed_in(amina).get(f"/messages/{told(amina).pk}/").content.decode()

        assert "so it cannot be stopped" in page
        assert "/stop/" not in page

    def test_of_another_person_is_not_found_and_stays_unread(self, amina, brook):
        theirs = told(brook)

        assert signed_in(amina).get(f"/messages/{theirs.pk}/").status_code == 404
        assert OutboxMessage.objects.get().read_at is None

    @pytest.mark.parametrize("status", ["PENDING", "FAILED", "BLOCKED"])
    def test_that_was_not_sent_is_not_found(self, amina, status):
        message = told(amina, status=status)

        assert signed_in(amina).get(f"/messages/{message.pk}/").status_code == 404

    def test_without_a_subject_is_called_by_its_reason(self, amina):
        told(amina, channel="SMS", purpose="REMINDER", template="reminder.upcoming", subject="", body="Dashu: " * 20)

        page = signed_in(amina).get("/messages/").content.decode()

        assert page.count("Because an installment is due soon") == 1
        assert "Dashu: Dashu: Dashu: Dashu: Dashu: Dash…" in page

    def test_markup_in_a_text_is_text(self, amina):
        sent = told(amina, body="<script>alert(1)</script>")

        assert "<script>alert" not in signed_in(amina).get(f"/messages/{sent.pk}/").content.decode()


class TestUnread:
    def test_counts_what_was_not_opened_in_the_account(self, amina, brook):
        first, _second = told(amina, 1), told(amina, 2)
        told(amina, 3, channel="SMS")
        told(brook, 4)
        client = signed_in(amina)

        assert "2 not read yet" in client.get("/me/").content.decode()
        client.get(f"/messages/{first.pk}/")
        assert "1 not read yet" in client.get("/me/").content.decode()

    def test_all_can_be_marked_at_once_and_only_ones_own(self, amina, brook):
        told(amina, 1)
        told(amina, 2)
        told(brook, 3)

        assert signed_in(amina).post("/messages/read/").status_code == 302

        assert OutboxMessage.objects.filter(read_at=None).get().borrower == brook
        assert "not read yet" not in signed_in(amina).get("/me/").content.decode()

    def test_keeps_when_it_was_read_first(self, amina):
        sent = told(amina, read_at=SENT)

        signed_in(amina).get(f"/messages/{sent.pk}/")

        assert OutboxMessage.objects.get().read_at == SENT

    def test_above_99_says_so(self, amina):
        for number in range(101):
            told(amina, number)

        assert "99+" in signed_in(amina).get("/me/").content.decode()
