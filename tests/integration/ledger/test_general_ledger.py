"""The general ledger in pages and as files."""

import csv
import io
import json
from datetime import date

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from dashu.kernel.money import parse_minor
from dashu.ledger import exporting
from dashu.ledger.general_ledger import Cursor, PageUnknown, account_page, has_more_lines_than, ledger_lines
from dashu.ledger.models import JournalEntry, Posting
from dashu.ledger.periods import close_period
from dashu.ledger.selectors import trial_balance
from dashu.ledger.services import credit, debit, post

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def move(on: date, amount: int, *, description: str = "x", currency: str = "CNY", reference: str | None = None) -> int:
    return post(
        effective_on=on,
        description=description,
        kind="TEST",
        actor="user:1",
        currency=currency,
        reference=reference,
        lines=[debit("1301.01", amount, 7), credit("1001", amount, 7)],
    )


@pytest.fixture
def book() -> None:
    """Written out of order, around March, in two currencies, with one wide entry and texts that look like formulas."""
    move(date(2026, 4, 1), 9)
    move(date(2026, 3, 20), 2_00, description='=HYPERLINK("http://x","y")')
    move(date(2026, 3, 2), 1_00, description="+1", reference="@ref")
    move(date(2026, 2, 28), 8_00)
    move(date(2026, 3, 31), 4_00, currency="USD", description='零星, “引号” "quotes"\nand a line\x07')
    lines = [debit("1301.01", 10, loan) for loan in range(1, 8)] + [credit("1001", 10, loan) for loan in range(1, 8)]
    post(effective_on=date(2026, 3, 20), description="Many", kind="TEST", actor="user:1", lines=lines)


class TestLedgerLines:
    @pytest.mark.parametrize("step", [1, 2, 3, 5, 100])
    def test_are_the_postings_of_the_period_in_order_whatever_the_size_of_a_page(self, book, step):
        lines = list(ledger_lines(FIRST, LAST, step=step))

        assert [line.place.accounting_on.day for line in lines] == [2] * 2 + [20] * 16 + [31] * 2
        assert [line.place for line in lines] == sorted(line.place for line in lines)
        assert len({line.place.posting_id for line in lines}) == 20

    def test_read_a_page_with_one_statement_and_no_page_twice(self, book):
        with CaptureQueriesContext(connection) as queries:
            list(ledger_lines(FIRST, LAST, step=7))

        assert len(queries) == 3

    def test_find_their_first_entry_by_the_index(self, book):
        with CaptureQueriesContext(connection) as queries:
            list(ledger_lines(FIRST, LAST))
        with connection.cursor() as cursor:
            # So few rows could be read in any way; only an index gives the order of the days without sorting.
            for setting in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort"):
                cursor.execute(f"SET LOCAL enable_{setting} = off")
            cursor.execute("EXPLAIN " + queries[0]["sql"])
            plan = "\n".join(row[0] for row in cursor.fetchall())

        condition = next(line for line in plan.splitlines() if "Index Cond: ((ROW(COALESCE" in line)
        assert "ledger_entry_accounting_day" in plan
        assert "'2026-03-31'::date" in condition

    def test_include_a_late_entry_on_the_day_it_is_reported(self, book):
        close_period(through=LAST, today=date(2026, 5, 1), reason="Month end", actor="user:1")
        late = move(date(2026, 3, 3), 6_00)

        march = [line.place.entry_id for line in ledger_lines(FIRST, LAST)]
        april = [line for line in ledger_lines(date(2026, 4, 1), date(2026, 4, 30)) if line.place.entry_id == late]

        assert late not in march
        assert [(line.place.accounting_on, line.effective_on) for line in april] == [
            (date(2026, 4, 1), date(2026, 3, 3))
        ] * 2

    def test_are_counted_no_further_than_asked(self, book):
        assert has_more_lines_than(19, since=FIRST, through=LAST) is True
        assert has_more_lines_than(20, since=FIRST, through=LAST) is False


class TestAccountPage:
    def test_carries_the_balance_from_page_to_page(self, book):
        pages, after = [], None
        while True:
            page = account_page("1301", since=FIRST, through=LAST, currency="CNY", after=after, size=4)
            pages.append(page)
            if page.after is None:
                break
            after = Cursor.parse(str(page.after))

        assert [page.opening_minor for page in pages] == [8_00, 11_20, 11_60]
        assert [balance for page in pages for _line, balance in page.lines] == [
            9_00,
            11_00,
            *range(11_10, 11_80, 10),
        ]

    def test_ends_with_the_balance_of_the_trial_balance(self, book):
        for line in trial_balance(LAST, since=FIRST):
            page = account_page(line.account.code, since=FIRST, through=LAST, currency=line.currency)

            assert (page.opening_minor, page.lines[-1][1]) == (line.opening_minor, line.balance_minor)

    @pytest.mark.parametrize("made_up", ["", "x", "WzEsMl0:1:2"])
    def test_refuses_a_place_that_was_made_up(self, made_up):
        with pytest.raises(PageUnknown):
            Cursor.parse(made_up)


def total(rows: list[dict[str, str]], column: str) -> int:
    return sum(parse_minor(row[column]) for row in rows if row[column])


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(data: bytes) -> list[dict[str, str]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    rows = []
    for sheet in book.worksheets:
        head, *body = sheet.iter_rows(values_only=True)
        rows += [dict(zip(head, (value or "" for value in row), strict=True)) for row in body]
    return rows


def read_parquet(data: bytes) -> list[dict[str, str]]:
    return pq.read_table(io.BytesIO(data)).to_pylist()


READERS = {"csv": read_csv, "xlsx": read_xlsx, "parquet": read_parquet}


class TestExport:
    @pytest.mark.parametrize("file_format", exporting.FORMATS)
    def test_comes_back_as_the_postings_of_the_period_and_sums_to_0(self, book, file_format, tmp_path, capsys):
        path = tmp_path / f"ledger.{file_format}"

        call_command("export_ledger", str(path), "--from=2026-03-01", "--through=2026-03-31")

        assert json.loads(capsys.readouterr().out) == {"file": str(path), "rows": 20}
        rows = READERS[file_format](path.read_bytes())
        assert list(rows[0]) == list(exporting.LEDGER_COLUMNS)
        assert total(rows, "debit") == total(rows, "credit") == 7_70
        postings = Posting.objects.filter(entry__effective_on__range=(FIRST, LAST))
        assert {
            (int(row["entry"]), row["account"], row["debit"], row["credit"], row["currency"], row["loan"])
            for row in rows
        } == {
            (
                posting.entry_id,
                posting.account_id,
                f"{posting.amount_minor / 100:.2f}" if posting.side == "D" else "",
                f"{posting.amount_minor / 100:.2f}" if posting.side == "C" else "",
                posting.currency,
                str(posting.loan_id),
            )
            for posting in postings
        }
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("file_format", exporting.FORMATS)
    def test_holds_no_text_that_a_spreadsheet_takes_for_a_formula(self, book, file_format, tmp_path):
        path = tmp_path / "ledger"
        call_command("export_ledger", str(path), "--from=2026-03-01", "--through=2026-03-31", "--format", file_format)

        rows = READERS[file_format](path.read_bytes())

        assert [row["description"] for row in rows[:3]] == ["'+1", "'+1", """'=HYPERLINK("http://x","y")"""]
        assert rows[0]["reference"] == "'@ref"
        assert rows[-1]["description"] == '零星, “引号” "quotes"\nand a line'
        if file_format == "xlsx":
            cells = [
                cell for row in openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active.iter_rows() for cell in row
            ]
            assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n"}
            assert {cell.value for cell in cells if cell.data_type == "n"} <= {None}

    def test_of_the_trial_balance_has_parts_and_sums_to_0(self, book, tmp_path):
        path = tmp_path / "balance.csv"

        call_command("export_ledger", str(path), "--from=2026-03-01", "--through=2026-03-31", "--trial-balance")

        rows = read_csv(path.read_bytes())
        assert [list(row.values()) for row in rows] == [
            ["1001", "Cash at bank", "", "CNY", "-8.00", "0.00", "3.70", "-11.70"],
            ["1301", "Loan principal", "", "CNY", "8.00", "3.70", "0.00", "11.70"],
            ["1301.01", "Loan principal, consumer loans", "1301", "CNY", "8.00", "3.70", "0.00", "11.70"],
            ["1001", "Cash at bank", "", "USD", "0.00", "0.00", "4.00", "-4.00"],
            ["1301", "Loan principal", "", "USD", "0.00", "4.00", "0.00", "4.00"],
            ["1301.01", "Loan principal, consumer loans", "1301", "USD", "0.00", "4.00", "0.00", "4.00"],
        ]

    def test_begins_with_a_byte_order_mark_when_asked(self, book, tmp_path):
        for options, mark in (([], b"acc"), (["--bom"], b"\xef\xbb\xbf")):
            path = tmp_path / "ledger.csv"
            call_command("export_ledger", str(path), "--from=2026-03-01", "--through=2026-03-31", *options)

            assert path.read_bytes()[:3] == mark

    def test_has_titles_in_the_language_of_its_reader(self, book):
        with translation.override("zh-hans"):
            pieces = exporting.csv_text(
                exporting.LEDGER_COLUMNS, exporting.ledger_rows(ledger_lines(FIRST, LAST)), titles=True, has_mark=True
            )
        rows = read_csv(b"".join(pieces))

        assert (rows[0]["会计科目"], rows[0]["借方"]) == ("1301.01", "1.00")
        assert any("消费贷款" in row["名称"] for row in rows)

    def test_goes_on_to_another_sheet_when_one_is_full(self, book, monkeypatch):
        monkeypatch.setattr(exporting, "ROWS_OF_A_SHEET", 8)
        file = io.BytesIO()

        exporting.write_xlsx(
            file, exporting.LEDGER_COLUMNS, exporting.ledger_rows(ledger_lines(FIRST, LAST)), titles=False
        )

        book = openpyxl.load_workbook(file)
        assert [sheet.max_row for sheet in book.worksheets] == [9, 9, 5]
        assert len(read_xlsx(file.getvalue())) == 20

    @pytest.mark.parametrize("file_format", exporting.FORMATS)
    def test_of_an_empty_period_has_its_header_only(self, file_format, tmp_path):
        path = tmp_path / f"ledger.{file_format}"

        call_command("export_ledger", str(path), "--from=2026-03-01", "--through=2026-03-31")

        assert READERS[file_format](path.read_bytes()) == []

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["--from=2026-03-32", "--through=2026-03-31"], "invalid_date"),
            (["--from=2026-03-02", "--through=2026-03-01"], "period_backwards"),
            (["--from=2026-03-01", "--through=2026-03-01"], "unknown_format"),
        ],
    )
    def test_refuses_what_it_cannot_write_and_leaves_no_file(self, arguments, code, tmp_path, capsys):
        path = tmp_path / "ledger.doc"

        with pytest.raises(SystemExit) as ended:
            call_command("export_ledger", str(path), *arguments)

        assert (ended.value.code, json.loads(capsys.readouterr().out)["error"]["code"]) == (1, code)
        assert list(tmp_path.iterdir()) == []


class TestPeriodCommands:
    def test_close_the_period_that_is_due_after_a_preview(self, book, capsys):
        call_command("close_period", "--through=2026-03-31", "--preview")
        preview = json.loads(capsys.readouterr().out)
        call_command("close_period", "--through=2026-03-31", "--reason=Month end")
        closed = json.loads(capsys.readouterr().out)

        assert preview == {"through": "2026-03-31", "entries": 5, "totals": closed["totals"], "refusals": []}
        assert closed["closed_through"] == "2026-03-31"
        assert closed["totals"]["USD"] == {"debit_minor": 4_00, "credit_minor": 4_00}
        assert JournalEntry.objects.count() == 6

    def test_refuse_in_json(self, capsys):
        with pytest.raises(SystemExit):
            call_command("close_period", "--through=2026-03-30", "--reason=x")

        assert json.loads(capsys.readouterr().out)["error"]["code"] == "not_a_month_end"

    def test_load_the_chart(self, capsys):
        call_command("load_chart")

        assert json.loads(capsys.readouterr().out) == {"accounts": 44}
