"""The admin pages of the ledger, the audit log, people, policy and the outbox, as staff open them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashu.audit.services import record
from dashu.ledger.models import JournalEntry
from dashu.messaging.models import OutboxMessage
from dashu.messaging.sending import send_due
from dashu.messaging.services.enqueue import enqueue
from dashu.users.models import User
from tests import factories, samples  # noqa: F401 – registers them
from tests.integration.ledger.test_post import pay


def sign_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def remind(borrower, key, **params):
    values = {"amount_minor": 1_234_50, "due_on": "2026-01-31", "loan_number": "L7", **params}
    enqueue(dedupe_key=key, borrower_id=borrower.pk, template="sample.upcoming", params=values)


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize(
        "path",
        [
            "ledger/account/",
            "ledger/journalentry/",
            "ledger/posting/",
            "audit/auditrecord/",
            "policy/policyrule/",
            "users/user/",
            "users/user/add/",
            "users/borrower/",
            "users/partner/",
            "auth/group/",
            "messaging/outboxmessage/",
        ],
    )
    def test_open_for_an_administrator(self, administrator, policy_packs, path):
        pay()
        record(action="loans.disbursed", subject_type="loan", subject_id=12, actor="user:3")
        remind(factories.borrower(), "k")

        assert sign_in(administrator).get(f"/admin/{path}").status_code == 200

    def test_closed_to_a_borrower(self, dana):
        assert sign_in(factories.borrower().user).get("/admin/").status_code == 302
        assert sign_in(dana.user).get("/admin/ledger/posting/").status_code == 302

    def test_a_collector_reads_messages_but_not_the_books(self, chidi):
        client = sign_in(chidi)

        assert client.get("/admin/messaging/outboxmessage/").status_code == 200
        assert client.get("/admin/ledger/posting/").status_code == 403
        assert client.get("/admin/users/user/").status_code == 403


@pytest.mark.django_db
class TestLedgerPages:
    def test_the_chart_names_what_each_account_stands_for(self, administrator):
        page = sign_in(administrator).get("/admin/ledger/account/").content.decode()

        assert "1301 · card-repayment" in page
        assert "Suspense: unidentified receipts" in page

    def test_the_chart_costs_the_same_for_few_and_for_many_accounts(self, administrator):
        client = sign_in(administrator)
        all_of_them = queries_of(client, "/admin/ledger/account/")

        assert queries_of(client, "/admin/ledger/account/?kind__exact=MEMO") == all_of_them

    def test_an_entry_shows_its_postings_and_offers_no_change(self, administrator):
        entry_id = pay(reference="pay-1")
        client = sign_in(administrator)

        page = client.get(f"/admin/ledger/journalentry/{entry_id}/change/").content.decode()

        assert "1301" in page
        assert "1,000.00" in page
        assert 'name="_save"' not in page
        assert client.post(f"/admin/ledger/journalentry/{entry_id}/change/", {"description": "x"}).status_code == 403
        assert client.post(f"/admin/ledger/journalentry/{entry_id}/delete/", {"post": "yes"}).status_code == 403
        assert JournalEntry.objects.get().description == "Payment"

    def test_postings_are_found_by_loan(self, administrator):
        pay(loan_id=7)
        pay(loan_id=8)
        client = sign_in(administrator)

        found = client.get("/admin/ledger/posting/", {"q": "8"}).context["cl"].result_list
        nothing = client.get("/admin/ledger/posting/", {"q": "eight"}).context["cl"].result_list

        assert {posting.loan_id for posting in found} == {8}
        assert list(nothing) == []

    def test_the_list_costs_the_same_for_one_and_for_many(self, administrator):
        client = sign_in(administrator)
        pay()
        one = queries_of(client, "/admin/ledger/posting/")

        for _number in range(5):
            pay()

        assert queries_of(client, "/admin/ledger/posting/") == one


@pytest.mark.django_db
class TestAuditPage:
    def test_finds_the_records_of_one_subject(self, administrator):
        for loan_id in (1, 12):
            record(action="loans.disbursed", subject_type="loan", subject_id=loan_id, actor="user:3")

        found = sign_in(administrator).get("/admin/audit/auditrecord/", {"q": "loan 12"}).context["cl"].result_list

        assert [row.subject_id for row in found] == ["12"]


@pytest.mark.django_db
class TestOutboxPage:
    def test_shows_what_will_be_said_and_what_was_said(self, administrator, policy_packs):
        borrower = factories.borrower(language="en")
        remind(borrower, "sent")
        now = timezone.now() + timedelta(seconds=1)
        send_due(clock=lambda: now, until=now + timedelta(minutes=1))
        remind(borrower, "waiting", amount_minor=99_00)
        remind(borrower, "broken", due_on=None)
        client = sign_in(administrator)

        page = client.get("/admin/messaging/outboxmessage/").content.decode()
        sent = OutboxMessage.objects.get(dedupe_key="sent")
        detail = client.get(f"/admin/messaging/outboxmessage/{sent.pk}/change/").content.decode()

        assert "CN¥1,234.50 is due on January 31, 2026" in page
        assert "CN¥99.00 is due on January 31, 2026" in page
        assert "needs the values due_on" in page
        assert "You can pay on your loan&#x27;s page." in detail

    def test_text_from_values_is_not_markup(self, administrator):
        remind(factories.borrower(language="en"), "k", loan_number="<script>alert(1)</script>")

        page = sign_in(administrator).get(f"/admin/messaging/outboxmessage/{OutboxMessage.objects.get().pk}/change/")

        assert "<script>alert(1)</script>" not in page.content.decode()

    def test_the_list_costs_the_same_for_one_and_for_many(self, administrator):
        client = sign_in(administrator)
        remind(factories.borrower("Amina"), "a")
        one = queries_of(client, "/admin/messaging/outboxmessage/")

        for number in range(5):
            remind(factories.borrower(f"Borrower{number}"), f"k{number}")

        assert queries_of(client, "/admin/messaging/outboxmessage/") == one


@pytest.mark.django_db
class TestPeoplePages:
    def test_an_administrator_adds_a_collector(self, administrator):
        client = sign_in(administrator)

        answer = client.post(
            "/admin/users/user/add/",
            {
                "email": "Chidi@Example.com",
                "name": "Chidi",
                "language": "zh-hans",
                "role": "COLLECTOR",
                "usable_password": "true",
                "password1": "a correct horse",
                "password2": "a correct horse",
            },
        )

        assert answer.status_code == 302
        added = User.objects.get(email="chidi@example.com")
        assert (added.is_staff, added.check_password("a correct horse")) == (True, True)
        assert [group.name for group in added.groups.all()] == ["COLLECTOR"]

    def test_the_same_address_in_capitals_is_refused_beside_the_field(self, administrator, chidi):
        form = {"email": chidi.email.upper(), "name": "", "language": "en", "role": "COLLECTOR"}
        answer = sign_in(administrator).post(
            "/admin/users/user/add/",
            {**form, "usable_password": "true", "password1": "a correct horse", "password2": "a correct horse"},
        )

        assert answer.status_code == 200
        assert "Someone already signs in with this e-mail address." in answer.content.decode()
        assert User.objects.filter(role="COLLECTOR").count() == 1

    def test_only_a_superuser_changes_a_superuser(self, administrator):
        clerk = factories.staff("Clerk", User.Role.ADMIN)
        client = sign_in(clerk)

        page = client.post(f"/admin/users/user/{administrator.pk}/password/", {"password1": "x", "password2": "x"})

        assert page.status_code == 403
        assert client.get(f"/admin/users/user/{administrator.pk}/change/").status_code == 200
        assert User.objects.get(pk=administrator.pk).password == administrator.password

    def test_people_are_never_deleted(self, administrator, chidi):
        borrower = factories.borrower()
        client = sign_in(administrator)

        assert client.post(f"/admin/users/user/{chidi.pk}/delete/", {"post": "yes"}).status_code == 403
        assert client.post(f"/admin/users/borrower/{borrower.pk}/delete/", {"post": "yes"}).status_code == 403
        assert User.objects.filter(pk=chidi.pk).exists() is True
