"""What a borrower's own pages say, read at their file by whoever holds it."""

from datetime import timedelta

import pytest
from django.test import Client

from collections_mgmt.models import CaseFile, CollectorProfile, Settlement, Team
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import User
from tests import factories
from tests.integration.staff.test_file_pages import DESK, late_people, signed_in, taken


@pytest.fixture
def chidi(policy_packs) -> User:
    user = factories.staff("Chidi")
    early = Team.objects.create(code="early", name="Early")
    CollectorProfile.objects.create(user=user, team=early, languages=["zh-hans", "en"])
    return user


@pytest.fixture
def client(chidi) -> Client:
    late_people("Amina", "Brook")
    return signed_in(chidi)


@pytest.fixture
def file(client) -> CaseFile:
    return taken(client)


def address_of(file: CaseFile) -> str:
    return f"{DESK}{file.pk}/more/as-seen/"


class TestPage:
    def test_says_what_their_pages_say(self, client, file):
        loan = file.borrower.loans.get()
        Settlement.objects.create(
            loan=loan, penalty_minor=0, fee_minor=0, interest_minor=0, principal_minor=900_00, total_minor=500_00,
            after_event=0, offered_on=lender_today(), accept_by=lender_today() + timedelta(days=9), reason="x",
            actor="user:0",
        )  # fmt: skip
        now = lender_now()
        sent = {"status": "SENT", "channel": "IN_APP", "template": "x", "subject": "A plan for you"}
        factories.message(file.borrower, dedupe_key="a", sent_at=now, **sent)
        factories.message(file.borrower, dedupe_key="b", sent_at=now - timedelta(days=1), read_at=now, **sent)
        factories.message(file.borrower, dedupe_key="c", status="PENDING", subject="Not sent yet")

        answer = client.get(address_of(file))

        loans, offers, messages = answer.context["page"].tables
        assert [str(row[1]) for row in loans.rows] == ["Overdue"]
        assert loan.number in str(loans.rows[0][0])
        assert [row[2] for row in offers.rows] == ["¥500.00"]
        assert [(row[1], str(row[4])) for row in messages.rows] == [
            ("A plan for you", "not read yet"),
            ("A plan for you", "read"),
        ]
        assert answer.context["page"].figures[3].value == 1
        assert (
            f'href="{address_of(file)}">What the borrower sees'
            in client.get(f"{DESK}{file.pk}/change/").content.decode()
        )

    def test_leaves_messages_unread_and_keeps_who_looked(self, client, file, chidi):
        message = factories.message(
            file.borrower, dedupe_key="a", status="SENT", channel="IN_APP", sent_at=lender_now(), subject="x"
        )

        client.get(address_of(file))

        message.refresh_from_db()
        kept = AuditRecord.objects.get(action="collections.seen_as_borrower")
        assert message.read_at is None
        assert (kept.actor, kept.subject_id, kept.data) == (
            f"user:{chidi.pk}",
            str(file.borrower_id),
            {"file": file.number},
        )

    def test_of_a_file_that_one_does_not_hold_is_not_found_and_nothing_is_kept(self, client, file):
        other = CaseFile.objects.exclude(pk=file.pk).get()

        assert client.get(address_of(other)).status_code == 404
        assert client.post(address_of(file)).status_code == 405
        assert client.get(f"{DESK}{file.pk}/more/anything/").status_code == 404
        assert not AuditRecord.objects.filter(action="collections.seen_as_borrower").exists()

    @pytest.mark.parametrize("role", ["UNDERWRITER", "ACCOUNTANT"])
    def test_is_closed_to_others(self, file, role):
        assert signed_in(factories.staff("Una", role)).get(address_of(file)).status_code == 403
