"""What nobody needs any more goes without being asked, and the schedule says the truth."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessLog
from django.apps import apps
from django.conf import settings
from django.test import Client

from dashu.accounts.sessions import SessionStore
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import LENDER_ZONE, lender_now
from dashu.messaging.models import OutboxMessage
from dashu.privacy.links import undo_token
from dashu.privacy.models import AccountClosure
from dashu.privacy.retention import SCHEDULE
from dashu.privacy.services.close_account import undo_closure
from dashu.privacy.services.close_unused import close_unused
from dashu.privacy.services.finish_closure import finish_due
from dashu.privacy.services.forget_traces import forget_traces
from dashu.users.models import Borrower, User
from loans.models import Application
from tests import factories
from tests.applicants import submitted
from tests.integration.accounts.conftest import latest_text, texts  # noqa: F401 – fixtures
from tests.integration.privacy.test_closing import by_phone_only, identified, settled_loan

NOW = datetime(2031, 5, 1, 10, 5, tzinfo=LENDER_ZONE)
LONG_AGO = datetime(2027, 5, 1, 9, tzinfo=LENDER_ZONE)


@pytest.fixture
def amina(rules: None) -> Borrower:
    return unused(factories.borrower("Amina", phone="13800000000", email="amina@example.com", language="en"))


def unused(borrower: Borrower) -> Borrower:
    Borrower.objects.filter(pk=borrower.pk).update(created_at=LONG_AGO)
    User.objects.filter(pk=borrower.user_id).update(last_login=LONG_AGO)
    return borrower


def closures() -> list[int]:
    return list(AccountClosure.objects.exclude(status="UNDONE").values_list("borrower_id", flat=True))


class TestUnusedAccount:
    def test_is_closed_and_its_owner_told_how_to_keep_it(self, amina):
        assert close_unused(now=NOW) == 1

        closure = AccountClosure.objects.get(borrower=amina)
        assert closure.undo_until == NOW + timedelta(days=30)
        amina.user.refresh_from_db()
        assert amina.user.is_active is False
        message = OutboxMessage.objects.get(borrower=amina)
        assert message.template == "privacy.unused"
        assert message.params["years"] == "3"
        assert undo_token(closure.pk) in message.params["link"]
        assert AuditRecord.objects.get(action="privacy.account_closed").actor == "system:privacy"

    def test_is_closed_once(self, amina):
        assert [close_unused(now=NOW), close_unused(now=NOW + timedelta(days=1))] == [1, 0]

    def test_without_a_mail_address_is_told_by_text(self, rules, latest_text):  # noqa: F811
        borrower = unused(by_phone_only())
        now = lender_now().replace(year=lender_now().year + 4)

        assert close_unused(now=now) == 1

        assert latest_text().startswith("You have not used your Dashu account for 3 years. It is closed on ")
        assert undo_token(AccountClosure.objects.get(borrower=borrower).pk) in latest_text()
        assert not OutboxMessage.objects.filter(borrower=borrower).exists()

    def test_opened_again_counts_as_used(self, amina):
        close_unused(now=NOW)
        undo_closure(closure_id=AccountClosure.objects.get().pk, now=NOW + timedelta(days=3), actor="user:test")

        assert close_unused(now=NOW + timedelta(days=4)) == 0
        assert close_unused(now=NOW.replace(year=2034, day=5)) == 1

    def test_the_way_back_opens_the_account(self, amina):
        close_unused(now=NOW)

        page = Client().get(f"/me/closing/undo/{undo_token(AccountClosure.objects.get().pk)}/")

        assert page.status_code == 200

    @pytest.mark.parametrize("kind", ["fresh", "signed_in", "loan", "settled", "application"])
    def test_with_something_of_the_last_years_stays_open(self, amina, kind):
        match kind:
            case "fresh":
                Borrower.objects.filter(pk=amina.pk).update(created_at=NOW - timedelta(days=3 * 365))
            case "signed_in":
                User.objects.filter(pk=amina.user_id).update(last_login=NOW - timedelta(days=30))
            case "loan":
                factories.running_loan(amina)
            case "settled":
                settled_loan(amina)
                # Settled in 2026; what counts is the last event of the loan.
                assert close_unused(now=datetime(2028, 5, 1, 10, tzinfo=LENDER_ZONE)) == 0
                return
            case "application":
                submitted(amina)
        assert close_unused(now=NOW) == 0
        assert closures() == []

    def test_of_a_settled_loan_is_closed_later_and_kept_from_the_last_event_on(self, amina):
        loan = settled_loan(amina)
        identified(amina)
        ended_on = max(loan.events.values_list("effective_on", flat=True))

        assert close_unused(now=NOW) == 1

        kept = {line["what"]: date.fromisoformat(line["until"]) for line in AccountClosure.objects.get().kept}
        assert kept["IDENTITY"] == ended_on.replace(year=ended_on.year + 10)
        assert kept["MESSAGES"].year == LONG_AGO.year + 3 if ended_on < LONG_AGO.date() else ended_on.year + 3

    def test_at_most_so_many_a_day(self, amina):
        others = [unused(factories.borrower(f"Borrower {number}")) for number in range(3)]

        assert [close_unused(now=NOW, most=2) for _day in range(3)] == [2, 2, 0]
        assert set(closures()) == {amina.pk, *(other.pk for other in others)}


class TestWhatIsKept:
    def test_past_its_day_goes_as_soon_as_the_closing_is_final(self, amina):
        application = submitted(amina)
        Application.objects.filter(pk=application.pk).update(
            status="WITHDRAWN", created_at=LONG_AGO, submitted_at=LONG_AGO, ended_at=LONG_AGO
        )
        assert close_unused(now=NOW) == 1

        finish_due(now=NOW + timedelta(days=29))
        application.refresh_from_db()
        assert application.facts != {}

        finish_due(now=NOW + timedelta(days=31))

        application.refresh_from_db()
        amina.refresh_from_db()
        assert application.facts == {}
        assert (amina.name, amina.phone, amina.email, amina.user) == (amina.number, "", "", None)
        assert AuditRecord.objects.filter(action="privacy.kept_data_erased").exists()


class TestTraces:
    def test_of_signing_in_go_after_their_days(self, amina):
        old, young = NOW - timedelta(days=201), NOW - timedelta(days=199)
        for at in (old, young):
            attempt = AccessAttempt.objects.create(username=f"{at:%j}@example.com", failures_since_start=1)
            AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=at)
            log = AccessLog.objects.create(username=f"{at:%j}@example.com")
            AccessLog.objects.filter(pk=log.pk).update(attempt_time=at)

        assert forget_traces(now=NOW) == 2

        assert [each.attempt_time for each in AccessAttempt.objects.all()] == [young]
        assert [each.attempt_time for each in AccessLog.objects.all()] == [young]

    def test_a_session_that_goes_on_keeps_its_device(self, amina):
        running = SessionStore()
        running.save()
        for key in (running.session_key, "over"):
            UserSession.objects.create(
                user=amina.user, ip="203.0.113.7", session_key=key, last_seen_at=NOW - timedelta(days=300)
            )

        forget_traces(now=NOW)

        assert [each.session_key for each in UserSession.objects.all()] == [running.session_key]


class TestSchedule:
    @pytest.mark.parametrize("kept", SCHEDULE, ids=lambda kept: kept.what)
    def test_names_tables_a_job_and_stands_in_the_document(self, kept):
        for label in kept.tables:
            apps.get_model(label)
        assert (kept.job in settings.CELERY_BEAT_SCHEDULE) is (kept.end != "keep")
        job = f"`{kept.job}`" if kept.job else "nothing"
        text = Path(settings.BASE_DIR, "docs/retention.md").read_text(encoding="utf-8")
        assert f"| {kept.what} | {kept.until} | {kept.end.value} | {job} |" in text
