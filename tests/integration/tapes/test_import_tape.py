import contextlib
import csv
import json
from datetime import date
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import call_command

from dashu.finance.loan import books_of
from dashu.ledger.models import JournalEntry
from dashu.ledger.selectors import loan_balances
from dashu.tapes.errors import MissingColumn, UnknownMapping, UnreadableTape
from dashu.tapes.models import TapeEvent
from dashu.tapes.services.import_tape import Report, import_tape
from dashu.tapes.services.replay_tape import replay_tape
from dashu.users.models import Borrower
from loans.models import Loan
from repayments.models import Installment, LoanBalance, Payment
from repayments.selectors.lives import replayed
from repayments.selectors.reconciliation import differences
from repayments.services.booking import ACCOUNT_OF, load

HEADER = "customerid,systemloanid,approveddate,loanamount,totaldue,termdays,closeddate,firstduedate,firstrepaiddate"
GOOD = "C1,100,2016-08-15 18:22:40,10000,13000.0,30,2016-09-20 16:06:48,2016-09-14,2016-09-20 15:51:43"
THREE = "C2,101,2016-08-15 18:22:40,9000,12000.0,90,2016-11-20 16:06:48,2016-09-14,2016-09-12 15:51:43"

pytestmark = pytest.mark.usefixtures("rules")


def tape(folder: Path, *lines: str, encoding: str = "utf-8", header: str = HEADER) -> Path:
    path = folder / "tape.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding=encoding)
    return path


def run(path: Path, mapping: str = "superlender") -> Report:
    return import_tape(path=path, mapping_name=mapping)


class TestGoodRows:
    def test_open_a_loan_with_its_rows_and_events(self, tmp_path):
        report = run(tape(tmp_path, GOOD, THREE))

        assert (report.loans_new, report.events_new, report.errors) == (2, 3, [])
        loan = Loan.objects.get(external_id="101")
        assert (loan.currency, loan.principal_minor, loan.installment_count) == ("NGN", 900_000, 3)
        rows = Installment.objects.filter(loan_id=loan.pk).order_by("number")
        assert [(row.due_on, row.principal_minor, row.interest_minor) for row in rows] == [
            (date(2016, 9, 14), 300_000, 100_000),
            (date(2016, 10, 14), 300_000, 100_000),
            (date(2016, 11, 13), 300_000, 100_000),
        ]
        paid = TapeEvent.objects.filter(external_id="101").order_by("id").values_list("happened_on", "amount_minor")
        assert list(paid) == [(date(2016, 9, 12), 400_000), (date(2016, 11, 20), 800_000)]

    def test_what_was_opened_is_what_finance_says(self, tmp_path):
        run(tape(tmp_path, GOOD, THREE))

        for loan in Loan.objects.all():
            stored = load(loan)
            lived, _contract, _receipts = replayed(loan, through=loan.starts_on)
            assert stored.position.installments == lived.installments
            assert stored.position.principal == lived.principal
            books = {ACCOUNT_OF[book]: minor for book, minor in books_of(lived, stored.contract).items() if minor}
            assert loan_balances([loan.pk])[loan.pk] == books
        assert differences() == []

    def test_the_same_file_twice_changes_nothing(self, tmp_path):
        path = tape(tmp_path, GOOD, THREE)
        run(path)
        entries = JournalEntry.objects.count()

        again = run(path)

        assert (again.loans_new, again.loans_known, again.events_new, again.figures_new) == (0, 2, 0, 0)
        assert (Loan.objects.count(), Borrower.objects.count(), JournalEntry.objects.count()) == (2, 2, entries)

    def test_a_longer_file_adds_only_what_is_new(self, tmp_path):
        run(tape(tmp_path, GOOD))

        again = run(tape(tmp_path, GOOD, THREE))

        assert (again.loans_new, again.loans_known) == (1, 1)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_names_survive_every_encoding(self, tmp_path, encoding):
        run(tape(tmp_path, GOOD.replace("C1", "大樹王小明"), encoding=encoding))

        assert Borrower.objects.get().external_id == "大樹王小明"

    def test_parquet_says_the_same_as_csv(self, tmp_path):
        frame = pd.read_csv(tape(tmp_path, GOOD, THREE))
        path = tmp_path / "tape.parquet"
        frame.to_parquet(path)

        report = run(path)

        assert (report.loans_new, report.errors) == (2, [])
        assert Loan.objects.get(external_id="100").principal_minor == 1_000_000


class TestReplay:
    def test_lives_through_the_history_and_books_each_event_once(self, tmp_path):
        run(tape(tmp_path, GOOD, THREE))

        assert replay_tape(source="superlender") == date(2016, 11, 20)
        replay_tape(source="superlender")

        assert list(Payment.objects.order_by("received_on").values_list("amount_minor", flat=True)) == [
            400_000,
            1_300_000,
            800_000,
        ]
        assert set(Loan.objects.values_list("status", flat=True)) == {"SETTLED"}
        assert set(LoanBalance.objects.values_list("principal_minor", flat=True)) == {0}
        assert differences() == []


class TestBadInput:
    @pytest.mark.parametrize(
        ("old", "new", "column", "code"),
        [
            ("10000", "ten", "loanamount", "bad_value"),
            ("10000", "-10000", "loanamount", "bad_value"),
            ("10000", "10000.005", "loanamount", "bad_value"),
            ("10000", "99999999999999", "loanamount", "bad_value"),
            ("10000", "0", "loanamount", "nothing_outstanding"),
            ("13000.0", "9000.0", "totaldue", "row_refused"),
            (",30,", ",45,", "termdays", "bad_value"),
            ("2016-08-15", "2016-13-15", "approveddate", "bad_value"),
            ("2016-09-14", "2016-08-15", "firstduedate", "row_refused"),
        ],
    )
    def test_a_broken_row_is_listed_and_the_others_load(self, tmp_path, old, new, column, code):
        report = run(tape(tmp_path, THREE, GOOD.replace(old, new, 1)))

        (error,) = report.errors
        assert (error.line, error.column, error.code) == (3, column, code)
        assert error.message
        assert Loan.objects.get().external_id == "101"

    @pytest.mark.parametrize("line", ["C9,1", GOOD + ",more", '"C9'])
    def test_a_ragged_line_is_listed_and_the_others_load(self, tmp_path, line):
        report = run(tape(tmp_path, THREE, line))

        assert [(error.line, error.code) for error in report.errors] == [(3, "row_refused")]
        assert Loan.objects.get().external_id == "101"

    def test_one_loan_with_two_terms_is_refused_the_second_time(self, tmp_path):
        report = run(tape(tmp_path, GOOD, GOOD.replace("10000", "9000"), GOOD))

        assert [(error.line, error.code) for error in report.errors] == [(3, "conflicting_row")]
        assert (report.loans_new, report.loans_known) == (1, 1)
        assert Loan.objects.get().principal_minor == 1_000_000

    def test_a_missing_column_refuses_the_file(self, tmp_path):
        path = tape(tmp_path, GOOD, header=HEADER.replace("totaldue", "total"))

        with pytest.raises(MissingColumn) as refusal:
            run(path)

        assert (refusal.value.code, refusal.value.field) == ("missing_column", "totaldue")
        assert Loan.objects.exists() is False

    @pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00\x01\x02", b"PAR1 broken", b"a\x00b,c\n1,2\n"])
    def test_an_unreadable_file_is_refused(self, tmp_path, content):
        path = tmp_path / "tape.csv"
        path.write_bytes(content)

        with pytest.raises(UnreadableTape):
            run(path)

    def test_a_file_that_is_not_there_is_refused(self, tmp_path):
        with pytest.raises(UnreadableTape):
            run(tmp_path / "nothing.csv")

    @pytest.mark.parametrize("content", ["[]", "name: x", "a: [", "{name: x, currency: XXX}"])
    def test_a_malformed_mapping_is_refused(self, tmp_path, content):
        mapping = tmp_path / "mapping.yaml"
        mapping.write_text(content)

        with pytest.raises(UnknownMapping):
            run(tape(tmp_path, GOOD), mapping=str(mapping))

    def test_an_unknown_mapping_is_refused(self, tmp_path):
        with pytest.raises(UnknownMapping):
            run(tape(tmp_path, GOOD), mapping="nobody")


class TestCommand:
    def call(self, *args: object) -> dict:
        out = StringIO()
        with contextlib.suppress(SystemExit):
            call_command("import_tape", *map(str, args), stdout=out)
        return json.loads(out.getvalue())

    def test_prints_a_summary_and_lists_bad_rows_in_a_side_file(self, tmp_path):
        side = tmp_path / "bad.csv"

        summary = self.call(tape(tmp_path, GOOD, "C9,1"), "--mapping", "superlender", "--errors", side)

        assert (summary["loans_new"], summary["rows_refused"], summary["errors"]) == (1, 1, str(side))
        with side.open(encoding="utf-8") as file:
            (row,) = csv.DictReader(file)
        assert (row["line"], row["code"]) == ("3", "row_refused")

    def test_refuses_with_a_code(self, tmp_path):
        path = tape(tmp_path, GOOD, header=HEADER.replace("totaldue", "total"))

        assert self.call(path, "--mapping", "superlender")["error"]["code"] == "missing_column"
