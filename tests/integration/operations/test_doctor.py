"""The doctor says what is wrong and what to do, and nothing where all is in order."""

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from collections_mgmt.models import CloseRange, CloseRun
from dashu.alerts.services import raise_alert
from dashu.audit import services as audit
from dashu.audit.tasks import link_audit_records
from dashu.kernel.dates import lender_now, lender_today
from dashu.operations import business, machine
from dashu.operations.findings import State
from dashu.operations.management.commands.doctor import findings
from dashu.policy.models import PolicyRule
from loans.models import Loan
from repayments.models import ReconciliationDay
from tests.factories import borrower, message, running_loan
from tests.integration.users.test_sealing import NEW, OLD, told

pytestmark = pytest.mark.django_db


def seen(check, *given):
    return [(finding.check, finding.state.value) for finding in check(*given)]


def wrong(found):
    """Return what is not in order; each must say what to do."""
    assert all(bool(finding.fix) == (finding.state is not State.OK) for finding in found)
    return [finding for finding in found if finding.state is not State.OK]


class TestTheMachine:
    def test_the_database_is_in_order(self):
        assert wrong(list(machine.check_database())) == []

    def test_a_clock_that_runs_apart_is_wrong(self, monkeypatch):
        monkeypatch.setattr(machine, "time", lambda: 0.0)
        (finding,) = wrong(list(machine.check_database()))
        assert (finding.check, finding.state) == ("clock", State.FAILED)

    def test_a_broker_that_does_not_answer_is_wrong(self, settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        (finding,) = wrong(list(machine.check_broker()))
        assert (finding.check, finding.state) == ("broker", State.FAILED)

    def test_a_full_disk_is_wrong(self, monkeypatch):
        monkeypatch.setattr(machine, "LEAST_FREE_SHARE", 1.0)
        monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 2**62)
        assert {finding.check for finding in wrong(list(machine.check_disk()))} == {"disk"}

    def test_a_migration_that_is_missing_is_named(self):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'audit' AND name LIKE '0003%'")
        (finding,) = wrong(list(machine.check_migrations()))
        assert "1 are missing, the first is audit.0003" in finding.says

    def test_a_queue_that_nobody_reads_is_wrong(self):
        assert [(finding.check, finding.says) for finding in machine.check_workers(("close",))] == [
            ("workers", "nobody reads the queue close")
        ]

    def test_a_key_that_is_gone_is_found(self, settings):
        settings.FIELD_KEYS = [OLD]
        told(borrower())
        assert wrong(list(machine.check_keys())) == []

        settings.FIELD_KEYS = [NEW]
        (finding,) = wrong(list(machine.check_keys()))
        assert (finding.check, finding.state) == ("keys", State.FAILED)


class TestTheBusiness:
    def test_a_pack_that_is_not_loaded_is_wrong(self):
        assert seen(business.check_policy) == [("policy", "ok")]
        PolicyRule.objects.all()._raw_delete("default")
        assert seen(business.check_policy) == [("policy", "failed")]

    def test_a_book_without_loans_owes_no_night(self):
        assert seen(business.check_close, lender_now()) == [("close", "ok")]

    def test_nights_that_are_owed_are_counted(self):
        running_loan(borrower())
        now = lender_now().replace(hour=9)
        assert seen(business.check_close, now) == [("close", "failed")]

        for days, state in ((1, "ok"), (3, "failed")):
            CloseRun.objects.all().delete()
            CloseRun.objects.create(business_date=now.date() - timedelta(days=days), status=CloseRun.Status.CLOSED)
            assert seen(business.check_close, now) == [("close", state)]
        (finding,) = business.check_close(now)
        assert finding.says.startswith("2 dates are owed")

    def test_before_staff_come_last_night_may_still_be_open(self):
        running_loan(borrower())
        now = lender_now().replace(hour=3)
        CloseRun.objects.create(business_date=now.date() - timedelta(days=2), status=CloseRun.Status.CLOSED)
        assert seen(business.check_close, now) == [("close", "ok")]

    def test_a_loan_that_was_left_out_is_named(self):
        loan = running_loan(borrower())
        run = CloseRun.objects.create(business_date=lender_today(), status=CloseRun.Status.CLOSED)
        CloseRange.objects.create(
            run=run, first_loan_id=loan.pk, end_loan_id=loan.pk + 1, status=CloseRange.Status.QUARANTINED
        )
        assert [finding.says for finding in business.check_close(lender_now())][1] == (
            f"1 loans were left out, the first is {loan.pk}"
        )

    @pytest.mark.parametrize(("differences", "state"), [(0, "ok"), (2, "failed")])
    def test_books_that_differ_are_wrong(self, differences, state):
        ReconciliationDay.objects.create(
            on=date(2026, 3, 1), loans=9, differences=differences, difference_minor=differences, actor="system:close"
        )
        assert seen(business.check_books) == [("books", state)]

    @pytest.mark.parametrize(("minutes", "state"), [(5, "ok"), (20, "failed"), (-60, "ok")])
    def test_a_message_that_should_have_left_is_wrong(self, minutes, state):
        message(borrower(), status="PENDING", not_before=timezone.now() - timedelta(minutes=minutes))
        assert seen(business.check_outbox, lender_now()) == [("outbox", state)]

    def test_an_open_alert_says_what_to_do(self):
        raise_alert("close.is_late", subject="2026-03-01", date="2026-03-01")
        (finding,) = wrong(list(business.check_alerts()))
        assert finding.says == "close.is_late 2026-03-01"
        assert "2026-03-01 is not done" in finding.fix

    def test_the_end_of_the_audit_log_is_told(self):
        audit.record(action="loans.sold", subject_type="loan", subject_id=1, actor="user:1")
        link_audit_records()
        (finding,) = business.check_audit()
        assert finding.says.startswith("the chain ends with link 1: ")


class TestTheCommand:
    def test_tells_everything_as_json_and_ends_with_1_where_something_is_wrong(self, settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("doctor", "--json", "--without-workers", stdout=out)

        assert ended.value.code == 1
        told_of = {found["check"]: found["state"] for found in map(json.loads, out.getvalue().splitlines())}
        assert told_of["broker"] == "failed"
        assert {"database", "migrations", "keys", "policy", "close", "books", "outbox", "audit"} <= told_of.keys()

    def test_ends_well_where_nothing_is_wrong(self, monkeypatch):
        monkeypatch.setattr(machine, "check_settings", lambda: iter(()))  # those of tests are not those of production
        assert not Loan.objects.exists()
        out = StringIO()
        call_command("doctor", "--without-workers", stdout=out)
        assert "WRONG" not in out.getvalue()

    def test_a_table_that_is_missing_is_a_finding_and_no_end(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE webhooks_webhookdelivery RENAME TO gone")
        found = {finding.check: finding for finding in findings(with_workers=False)}
        assert found["webhooks"].state is State.FAILED
        assert "does not exist" in found["webhooks"].says
