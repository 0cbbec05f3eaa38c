"""A bank's file in the book: what is written, what is known already, and what is refused."""

import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from dashu import events
from dashu.audit.models import AuditRecord
from dashu.ledger import accounts
from dashu.ledger.models import JournalEntry
from dashu.ledger.selectors import balance_of
from repayments.domain.bank_files.values import BankFileRefused
from repayments.models import BankAccount, BankExplanation, BankLine, BankMatch, BankStatement, Payment
from repayments.selectors.bank_suspense import suspense_differences
from repayments.selectors.reconciliation import differences
from repayments.services.import_bank_statement import import_bank_file, read_file
from tests.integration.repayments.bank_cases import NUMBER, TODAY, own_account, row, take

GOLDEN = Path(__file__).parents[2] / "golden" / "bank"

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(rules) -> BankAccount:
    return own_account()


def refusal(*rows: str, **options) -> BankFileRefused:
    with pytest.raises(BankFileRefused) as caught:
        take(*rows, **options)
    assert BankStatement.objects.exists() is False
    assert JournalEntry.objects.exists() is False
    return caught.value


class TestImport:
    def test_holds_all_money_that_came_in_in_suspense_on_its_value_date(self, account):
        (statement,) = take(row("100.00"), row("-30.00"), row("0.50", on="2026-02-16")).statements

        assert [line.status for line in statement.lines.all()] == ["UNMATCHED"] * 3
        assert balance_of(accounts.UNIDENTIFIED_RECEIPTS) == -100_50
        assert balance_of(accounts.CASH) == 100_50
        assert balance_of(accounts.CASH, as_of=date(2026, 2, 15)) == 100_00
        assert suspense_differences() == []
        assert AuditRecord.objects.get(action="repayments.bank_statement_imported").data["lines"] == 3

    @pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.name)
    def test_takes_every_golden_file(self, account, path):
        (statement,) = take(content=path.read_bytes(), file_name=path.name).statements

        assert (statement.opening_minor, statement.closing_minor) == (50_000_00, 40_289_12)
        assert statement.lines.count() == 4
        assert balance_of(accounts.UNIDENTIFIED_RECEIPTS) == -2_289_12
        assert suspense_differences() == []

    def test_keeps_of_the_payers_account_its_last_four_signs(self, account):
        (statement,) = take(row("1.00", other="6217001234567890", text="from 6217001234567890")).statements

        line = statement.lines.get()
        assert (line.counterparty_account, line.text) == ("7890", "from •••• 7890")

    def test_says_what_it_did_to_who_reacts(self, account, monkeypatch):
        published = []
        monkeypatch.setattr(events, "publish", lambda event, **fields: published.append((event, fields)))

        (statement,) = take(row("100.00")).statements

        assert published == [("repayments.bank_statement_imported", {"statement_id": statement.pk})]

    def test_loads_good_lines_and_lists_the_bad_ones(self, account):
        (statement,) = take(row("100.00"), row("x"), row("1.00", on="2026-02-30")).statements

        assert statement.lines.count() == 1
        assert [(one["line"], one["column"], one["code"]) for one in statement.problems] == [
            (3, "amount", "bank_line_amount"),
            (4, "date", "bank_line_date"),
        ]

    def test_costs_the_same_for_few_lines_and_for_many(self, account):
        with CaptureQueriesContext(connection) as for_few:
            take(*[row("1.00", reference=f"A{number}") for number in range(3)])
        with CaptureQueriesContext(connection) as for_many:
            take(*[row("1.00", reference=f"B{number}") for number in range(500)])

        assert len(for_many) <= len(for_few) + 3  # bulk_create writes in batches
        assert BankLine.objects.count() == 503
        assert suspense_differences() == []


class TestTwice:
    def test_the_same_file_changes_nothing(self, account):
        first = take(row("100.00"), row("100.00"))
        entries = JournalEntry.objects.count()

        again = take(row("100.00"), row("100.00"), file_name="renamed.csv")

        assert (again.is_new, again.statements) == (False, first.statements)
        assert (BankLine.objects.count(), JournalEntry.objects.count()) == (2, entries)

    def test_the_same_lines_in_another_file_are_known(self, account):
        take(row("100.00", reference="R1"), row("7.00"), row("7.00"))

        (longer,) = take(
            row("100.00", reference="R1", text="worded otherwise"), row("7.00"), row("7.00"), row("7.00"), row("8.00")
        ).statements

        assert longer.lines_known == 3
        assert [line.amount_minor for line in longer.lines.order_by("pk")] == [7_00, 8_00]
        assert BankLine.objects.count() == 5
        assert suspense_differences() == []

    @pytest.mark.parametrize("name", ["cmb_gb18030.csv", "camt053_v8_gb18030.xml", "mt940_structured_utf8_bom.sta"])
    def test_the_same_lines_in_another_format_are_known(self, account, name):
        take(content=(GOLDEN / "plain_utf8.csv").read_bytes())

        (again,) = take(content=(GOLDEN / name).read_bytes()).statements

        assert (again.lines.count(), again.lines_known) == (0, 4)
        assert balance_of(accounts.UNIDENTIFIED_RECEIPTS) == -2_289_12

    def test_the_corrected_file_adds_what_was_missing(self, account):
        take(row("100.00"), row("x"))

        (corrected,) = take(row("100.00"), row("2.00")).statements

        assert (corrected.lines_known, corrected.lines.get().amount_minor) == (1, 2_00)


class TestRefusals:
    def test_of_an_account_that_is_not_ours(self, rules):
        found = refusal(row("1.00"))

        assert found.code == "unknown_bank_account"
        assert NUMBER not in found.user_message

    def test_of_another_account_than_the_chosen_one(self, account):
        other = own_account("6222999988887777")
        with pytest.raises(BankFileRefused) as caught:
            import_bank_file(
                content=(GOLDEN / "plain_utf8.csv").read_bytes(),
                file_name="x",
                account_id=other.pk,
                layout=None,
                today=TODAY,
                actor="user:1",
            )

        assert caught.value.code == "wrong_bank_account"
        assert BankLine.objects.exists() is False

    def test_of_another_currency(self, account):
        BankAccount.objects.update(currency="USD")

        assert refusal(content=(GOLDEN / "mt940_utf8.sta").read_bytes()).code == "wrong_bank_account"

    def test_of_no_account_at_all(self, account):
        content = b"date,amount,text\n2026-02-15,1.00,x\n"

        assert refusal(content=content).code == "unknown_bank_account"

    def test_of_nothing_that_can_be_taken(self, account):
        found = refusal(row("x"))

        assert (found.code, found.details["problems"][0]["line"]) == ("bank_file_empty", 2)

    def test_of_days_to_come(self, account):
        assert refusal(row("1.00", on="2026-03-02")).code == "bank_lines_in_the_future"

    def test_of_balances_that_do_not_add_up(self, account):
        text = (GOLDEN / "mt940_utf8.sta").read_text(encoding="utf-8").replace("40289,12", "40289,13")

        assert refusal(content=text.encode()).code == "bank_balance_mismatch"


class TestPreview:
    def test_reads_without_writing(self, account):
        read = read_file((GOLDEN / "plain_utf8.csv").read_bytes(), account=None, layout=None, today=TODAY)

        assert [line.amount_minor for line in read.statements[0].new] == [1_100_16, 1_100_16, -12_000_00, 88_80]
        assert BankStatement.objects.exists() is False

    def test_tells_of_a_statement_that_is_missing_in_between(self, account):
        take(content=(GOLDEN / "mt940_utf8.sta").read_bytes())
        text = ":20:S\n:25:{}\n:60F:C260216CNY{},00\n:61:260217C1,00NTRFNONREF//B9\n:62F:C260217CNY{},00\n"

        (follows,) = read_file(
            text.format(NUMBER, 40289, 40290).replace("89,00", "89,12").replace("90,00", "90,12").encode(),
            account=None,
            layout=None,
            today=TODAY,
        ).statements
        (missing,) = read_file(
            text.format(NUMBER, 40000, 40001).encode(), account=None, layout=None, today=TODAY
        ).statements

        assert (follows.gap_minor, missing.gap_minor) == (0, -289_12)


class TestKept:
    @pytest.mark.parametrize(
        ("model", "change"),
        [
            (BankLine, {"amount_minor": 1}),
            (BankLine, {"counterparty_name": "x"}),
            (BankStatement, {"closing_minor": 1}),
            (BankLine, None),
        ],
    )
    def test_what_the_bank_said_is_neither_edited_nor_deleted(self, account, model, change):
        take(row("100.00"))

        with pytest.raises(DatabaseError, match="bank_rows_are_kept"), transaction.atomic():
            model.objects.update(**change) if change else model.objects.all()._raw_delete("default")

    def test_suspense_cannot_be_left_behind(self, account):
        take(row("100.00"))

        with pytest.raises(DatabaseError, match="suspense_while_unmatched"), transaction.atomic():
            BankLine.objects.update(status="MATCHED")


class TestCommand:
    def run(self, *arguments: str) -> tuple[dict, int]:
        out = StringIO()
        try:
            call_command("import_bank_statement", *arguments, stdout=out)
        except SystemExit as end:
            return json.loads(out.getvalue()), int(end.code or 0)
        return json.loads(out.getvalue()), 0

    def test_prints_what_became_of_the_lines(self, account):
        summary, code = self.run(str(GOLDEN / "camt053_v8_gb18030.xml"))

        assert code == 0
        assert summary["already_imported"] is False
        (statement,) = summary["statements"]
        assert statement.pop("statement") == BankStatement.objects.get().pk
        (pending,) = statement.pop("refused")
        assert pending["code"] == "bank_line_not_booked"
        assert statement == {
            "file": "camt053_v8_gb18030.xml",
            "format": "CAMT053",
            "encoding": "GB18030",
            "account": "•••• 2222",
            "currency": "CNY",
            "lines": 4,
            "credits": {"count": 3, "sum": "2289.12"},
            "debits": {"count": 1, "sum": "-12000.00"},
            "matched": 0,
            "explained": 0,
            "unmatched": 4,
            "in_suspense": "2289.12",
            "known": 0,
        }

    def test_again_says_so_and_changes_nothing(self, account):
        first, _code = self.run(str(GOLDEN / "plain_gb18030.csv"))

        again, code = self.run(str(GOLDEN / "plain_gb18030.csv"))

        assert (again["already_imported"], again["statements"], code) == (True, first["statements"], 0)

    def test_takes_the_account_of_a_file_that_names_none(self, account, tmp_path):
        (tmp_path / "x.csv").write_text("date,amount,text\n2026-02-15,1.00,x\n", encoding="utf-8")

        summary, code = self.run(str(tmp_path / "x.csv"), "--account", NUMBER)

        assert (code, summary["statements"][0]["lines"]) == (0, 1)

    @pytest.mark.parametrize(
        ("name", "options", "code"),
        [
            ("absent.csv", [], "file_unreadable"),
            ("", [], "file_unreadable"),
            ("plain_utf8.csv", ["--account", "1"], "unknown_bank_account"),
        ],
    )
    def test_refuses_with_a_code(self, account, name, options, code):
        answer, status = self.run(str(GOLDEN / name), *options)

        assert (answer["error"]["code"], status) == (code, 1)
        assert BankStatement.objects.exists() is False


def test_nothing_here_was_matched_by_mistake(account):
    take(content=(GOLDEN / "plain_utf8.csv").read_bytes())

    assert (BankMatch.objects.count(), BankExplanation.objects.count(), Payment.objects.count()) == (0, 0, 0)
    assert differences() == []
