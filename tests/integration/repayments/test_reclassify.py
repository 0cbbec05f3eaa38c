"""A changed chart: new entries follow at once, old balances are moved, and every loan reconciles all along."""

import json
from datetime import date

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

from dashu.audit.models import AuditRecord
from dashu.ledger.chart import forget_chart, load_chart
from dashu.ledger.models import JournalEntry
from dashu.ledger.selectors import balance_of
from repayments.selectors.reconciliation import differences
from repayments.services.reclassify import Moved, reclassify
from tests.factories import pay, running_loan, yuan

DAY = date(2026, 3, 1)


@pytest.fixture
def change_chart(tmp_path):
    """Return a function that gives consumer loans another account of principal."""

    def change() -> None:
        rows = yaml.safe_load(settings.LEDGER_CHART_FILE.read_text(encoding="utf-8"))
        (old,) = (row for row in rows if row["code"] == "1301.01")
        rows.append({**old, "code": "1301.09"})
        del old["products"]
        path = tmp_path / "chart.yaml"
        path.write_text(yaml.safe_dump(rows, allow_unicode=True), encoding="utf-8")
        load_chart(path)

    yield change
    forget_chart()


class TestReclassify:
    def test_moves_balances_to_the_account_of_the_product_once(self, loan, brook, change_chart):
        other = running_loan(brook, product="sme")
        change_chart()
        pay(loan, yuan(1_200), date(2026, 2, 15))
        owed = balance_of("1301", loan_id=loan.pk)
        income = balance_of("4001.01")
        assert balance_of("1301.01") == yuan(12_000)
        assert balance_of("1301.09") == owed - yuan(12_000) < 0
        assert differences() == []

        moved = reclassify(on=DAY, actor="user:9")

        entry = JournalEntry.objects.get(kind="RECLASSIFICATION")
        assert moved == Moved(entry.pk, 1)
        assert (balance_of("1301.01"), balance_of("1301.09"), balance_of("1301.02")) == (
            0,
            owed,
            balance_of("1301", loan_id=other.pk),
        )
        assert balance_of("4001.01") == income
        assert differences() == []
        assert AuditRecord.objects.get(action="repayments.balances_reclassified").data == {"loans": 1}
        assert reclassify(on=DAY, actor="user:9") == Moved(None, 0)

    def test_of_a_book_in_order_moves_nothing(self, loan, capsys):
        entries = JournalEntry.objects.count()

        call_command("reclassify_accounts")

        assert json.loads(capsys.readouterr().out) == {"entry_id": None, "loans": 0}
        assert JournalEntry.objects.count() == entries
