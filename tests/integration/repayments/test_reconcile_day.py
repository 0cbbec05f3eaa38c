import json
import logging
from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.audit.models import AuditRecord
from repayments import tasks
from repayments.models import LoanBalance, ReconciliationDay
from repayments.services import reconcile_day as service
from repayments.services.reconcile_day import BooksDiffer, reconcile_day, reconcile_once, refuse_books_that_differ
from tests.factories import pay, running_loan, yuan

DAY = date(2026, 2, 16)


def spoil(loan, by: int = 1) -> None:
    """Change a balance behind the ledger's back."""
    LoanBalance.objects.filter(pk=loan.pk).update(principal_minor=yuan(12_000) - by)


def spoil_the_ledger() -> None:
    """Write one side of an entry with the guards off, as no program of ours can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_posting DISABLE TRIGGER USER")
        cursor.execute(
            "INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency)"
            " SELECT max(id), '1001', 'D', 7, 'CNY' FROM ledger_journalentry"
        )
        cursor.execute("ALTER TABLE ledger_posting ENABLE TRIGGER USER")


class TestReconcileDay:
    def test_keeps_that_a_book_reconciles(self, loan, brook, caplog):
        pay(running_loan(brook), yuan(500), date(2026, 2, 15))

        result = reconcile_day(on=DAY, actor="system:reconcile")

        assert (result.loans, result.differences, result.difference_minor, result.unbalanced) == (2, 0, 0, {})
        assert result.is_clean is True
        assert ReconciliationDay.objects.get().on == DAY
        assert caplog.records == []

    def test_keeps_what_differs_and_raises_the_alarm(self, loan, brook, caplog):
        other = running_loan(brook)
        spoil(loan, 3)
        spoil(other, -4)

        result = reconcile_day(on=DAY, actor="system:reconcile")

        assert (result.differences, result.difference_minor, result.is_clean) == (2, 7, False)
        assert [(item["loan_id"], item["rows_minor"], item["ledger_minor"]) for item in result.details] == [
            (loan.pk, yuan(12_000) - 3, yuan(12_000)),
            (other.pk, yuan(12_000) + 4, yuan(12_000)),
        ]
        (alarm,) = caplog.records
        assert (alarm.levelno, alarm.name) == (logging.ERROR, "repayments.services.reconcile_day")
        assert str([loan.pk, other.pk]) in alarm.getMessage()

    def test_keeps_the_first_differences_and_counts_all(self, loan, brook, monkeypatch):
        monkeypatch.setattr(service, "KEPT", 1)
        spoil(loan)
        spoil(running_loan(brook))

        result = reconcile_day(on=DAY, actor="system:reconcile")

        assert (result.differences, len(result.details)) == (2, 1)

    def test_compares_debits_with_credits_of_the_whole_ledger(self, loan):
        spoil_the_ledger()

        result = reconcile_day(on=DAY, actor="system:reconcile")

        assert (result.differences, result.unbalanced, result.is_clean) == (0, {"CNY": 7}, False)

    def test_a_second_run_of_a_day_replaces_the_first_and_leaves_a_record(self, loan):
        spoil(loan)
        reconcile_day(on=DAY, actor="system:reconcile")
        spoil(loan, 0)

        reconcile_day(on=DAY, actor="user:9")

        result = ReconciliationDay.objects.get()
        assert (result.differences, result.actor) == (0, "user:9")
        record = AuditRecord.objects.get(action="repayments.reconciled_again")
        assert (record.actor, record.data) == ("user:9", {"differences": 1, "difference_minor": 1})

    def test_runs_once_a_day_by_the_clock(self, loan, monkeypatch):
        monkeypatch.setattr(tasks, "lender_today", lambda: DAY)
        tasks.reconcile_books()
        spoil(loan)
        tasks.reconcile_books()

        assert ReconciliationDay.objects.get().differences == 0
        assert reconcile_once(on=date(2026, 2, 17), actor="x").differences == 1

    def test_costs_the_same_statements_for_one_loan_and_for_many(self, loan, brook):
        with CaptureQueriesContext(connection) as for_one:
            reconcile_day(on=DAY, actor="system:reconcile")
        for _number in range(3):
            running_loan(brook)
        with CaptureQueriesContext(connection) as for_many:
            reconcile_day(on=date(2026, 2, 17), actor="system:reconcile")

        assert len(for_many) == len(for_one)
        assert ReconciliationDay.objects.get(on=date(2026, 2, 17)).loans == 4


class TestRefuseBooksThatDiffer:
    def test_lets_a_book_that_reconciles_pass(self, loan):
        assert refuse_books_that_differ(DAY) is None

    def test_names_the_first_difference(self, loan):
        spoil(loan)

        with pytest.raises(BooksDiffer) as refusal:
            refuse_books_that_differ(DAY)

        assert refusal.value.details["first"][0]["loan_id"] == loan.pk

    def test_refuses_a_ledger_that_does_not_balance(self, loan):
        spoil_the_ledger()

        with pytest.raises(BooksDiffer):
            refuse_books_that_differ(DAY)


class TestCommand:
    def test_says_that_nothing_differs(self, loan, capsys):
        call_command("reconcile")

        assert json.loads(capsys.readouterr().out) == {"differences": 0, "unbalanced": {}}
        assert ReconciliationDay.objects.exists() is False

    @pytest.mark.parametrize("options", [[], ["--record"]])
    def test_prints_each_difference_and_fails(self, loan, capsys, options):
        spoil(loan)

        with pytest.raises(SystemExit) as ended:
            call_command("reconcile", *options)

        difference, summary = map(json.loads, capsys.readouterr().out.splitlines())
        assert (ended.value.code, difference["loan_id"], summary["differences"]) == (1, loan.pk, 1)
        assert ReconciliationDay.objects.count() == len(options)
