"""The snapshot as files: what is in them, that they are replaced whole, and what DuckDB reads from them."""

import json
import re
from datetime import date
from io import StringIO
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.db import connection

from collections_mgmt.models import LoanMonth, PortfolioMonth
from dashu.analysis import exporting, open_book
from dashu.analysis.exporting import MonthNotKept, export_snapshot
from dashu.analysis.frames import FRAMES, LOAN_MONTHS
from tests import factories
from tests.integration.analysis import months


def bytes_of(folder) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


class TestExport:
    def test_writes_each_month_to_a_folder_of_its_own(self, kept, tmp_path):
        manifest = export_snapshot(tmp_path, actor="user:1")

        assert sorted(bytes_of(tmp_path)) == sorted(
            [
                "manifest.json",
                "loans/part-0.parquet",
                *(
                    f"{frame}/month={months.month_of(number):%Y-%m}/part-0.parquet"
                    for frame in ("loan_months", "portfolio_months")
                    for number in range(6)
                ),
            ]
        )
        assert json.loads((tmp_path / "manifest.json").read_text()) == manifest

    def test_tells_rows_and_sums_of_what_is_in_the_tables(self, kept, tmp_path):
        manifest = export_snapshot(tmp_path, actor="user:1")

        for number in range(6):
            rows = [row for row in kept if row.month == months.month_of(number)]
            written = manifest["months"][f"{months.month_of(number):%Y-%m}"]["loan_months"]
            assert written["rows"] == len(rows) == 120
            assert set(written["sums"]) == {name for name in LOAN_MONTHS.names if name.endswith("_minor")}
            assert written["sums"] == {name: sum(getattr(row, name) for row in rows) for name in written["sums"]}

    def test_again_gives_the_same_bytes(self, kept, tmp_path, monkeypatch):
        export_snapshot(tmp_path, actor="user:1")
        before = bytes_of(tmp_path)
        monkeypatch.setattr("dashu.analysis.stream.BLOCK_BYTES", 1_000_000)

        export_snapshot(tmp_path, actor="user:1")

        assert bytes_of(tmp_path) == before

    def test_writes_row_groups_of_one_size(self, kept, tmp_path, monkeypatch):
        monkeypatch.setattr(exporting, "ROW_GROUP", 50)

        export_snapshot(tmp_path, actor="user:1")

        file = pq.ParquetFile(tmp_path / "loan_months/month=2026-01/part-0.parquet")
        groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        assert groups == [50, 50, 20]

    def test_of_one_month_leaves_the_others_as_they_are(self, kept, tmp_path):
        manifest = export_snapshot(tmp_path, actor="user:1")
        before = bytes_of(tmp_path)
        LoanMonth.objects.filter(loan_id=7).update(principal_minor=1)

        again = export_snapshot(tmp_path, months=[date(2026, 2, 1)], actor="user:1")

        changed = {name for name, content in bytes_of(tmp_path).items() if content != before[name]}
        assert changed == {"manifest.json", "loan_months/month=2026-02/part-0.parquet"}
        assert {name: again["months"][name] == manifest["months"][name] for name in again["months"]} == {
            f"2026-0{number}": number != 2 for number in range(1, 7)
        }

    def test_that_fails_leaves_what_was_there(self, kept, tmp_path, monkeypatch):
        export_snapshot(tmp_path, actor="user:1")
        before = bytes_of(tmp_path)

        def full(*_: object, **__: object) -> None:
            raise OSError("no space left")

        monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(OSError, match="no space"):
            export_snapshot(tmp_path, actor="user:1")

        assert bytes_of(tmp_path) == before
        assert LoanMonth.objects.count() == 720

    def test_refuses_a_month_that_is_not_kept(self, kept, tmp_path):
        with pytest.raises(MonthNotKept):
            export_snapshot(tmp_path, months=[date(2026, 1, 1), date(2025, 12, 1)], actor="user:1")

        assert list(tmp_path.iterdir()) == []

    def test_of_an_empty_book_writes_a_file_without_rows(self, db, tmp_path):
        manifest = export_snapshot(tmp_path, actor="user:1")

        assert (manifest["months"], manifest["loans"]["rows"]) == ({}, 0)
        assert open_book(tmp_path).frame("loans").empty

    def test_keeps_gaps_between_months(self, db, tmp_path):
        months.keep(row for row in months.loan_months(6) if row.month != date(2026, 3, 1))

        manifest = export_snapshot(tmp_path, actor="user:1")

        assert list(manifest["months"]) == ["2026-01", "2026-02", "2026-04", "2026-05", "2026-06"]

    def test_has_no_word_that_names_a_borrower(self, loan, tmp_path):
        export_snapshot(tmp_path, actor="user:1")

        row = pq.read_table(tmp_path / "loans/part-0.parquet").to_pylist()[0]
        assert (row["loan_id"], row["principal_minor"]) == (loan.pk, 12_000_00)
        assert "Amina" not in str(row)
        assert loan.number not in str(row)


class TestCommand:
    def test_tells_what_it_wrote(self, kept, tmp_path):
        out = StringIO()

        call_command("export_snapshot", to=str(tmp_path), month=["2026-03", "2026-02"], stdout=out)

        assert json.loads(out.getvalue()) == {"months": ["2026-02", "2026-03"], "loan_months": 240, "loans": 0}

    @pytest.mark.parametrize(("month", "code"), [("2025-12", "month_not_kept"), ("March", "invalid_date")])
    def test_refuses_with_a_code(self, kept, tmp_path, month, code):
        out = StringIO()

        with pytest.raises(SystemExit):
            call_command("export_snapshot", to=str(tmp_path), month=[month], stdout=out)

        assert json.loads(out.getvalue())["error"]["code"] == code


DOCUMENT = Path(__file__).parents[3] / "docs" / "operations" / "large-books.md"


def documented(folder: Path) -> list[str]:
    """Return the statements that the document gives for DuckDB, on this folder."""
    (block,) = re.findall("```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return [each for each in block.replace("/data/snapshot", str(folder)).split(";") if each.strip()]


class TestDuckDb:
    def test_reads_par_30_by_region_and_month_as_it_follows_from_the_book(self, kept, tmp_path):
        export_snapshot(tmp_path, actor="user:1")

        found = duckdb.sql(documented(tmp_path)[0]).fetchall()

        expected = {}
        for row in kept:
            at_risk, whole = expected.get((f"{row.month:%Y-%m}", row.region), (0, 0))
            late = row.principal_minor if row.days_past_due > 30 else 0
            expected[f"{row.month:%Y-%m}", row.region] = (at_risk + late, whole + row.principal_minor)
        assert {(str(month)[:7], region): (late or 0, whole) for month, region, late, whole in found} == expected
        assert len(expected) == 18

    def test_reads_the_same_roll_rates_from_the_files_as_the_sums_tell(self, kept, tmp_path):
        export_snapshot(tmp_path, actor="user:1")

        found = duckdb.sql(documented(tmp_path)[1]).fetchall()

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT bucket_before, bucket, loans, principal_before_minor FROM collections_mgmt_portfoliomonth"
                " WHERE dimension = '' AND month = '2026-05-01' ORDER BY 1, 2"
            )
            assert sorted(found) == sorted(cursor.fetchall())
        assert len(found) > 6
        assert sum(loans for _before, _after, loans, _minor in found) == 120

    def test_reads_the_sums_from_files_too(self, kept, tmp_path):
        export_snapshot(tmp_path, actor="user:1")

        (found,) = duckdb.sql(
            f"SELECT count(*), sum(loans) FROM read_parquet('{tmp_path}/portfolio_months/*/*.parquet')"
        ).fetchall()

        sums = PortfolioMonth.objects.values_list("loans", flat=True)
        assert found == (len(sums), sum(sums))


class TestFiles:
    def test_read_into_the_same_frames_as_the_database(self, kept, loan, tmp_path):
        factories.pay(loan, 1_100_16, date(2026, 2, 15))
        export_snapshot(tmp_path, actor="user:1")
        book, files = open_book(), open_book(tmp_path)

        assert files.frames == ["loans", "loan_months", "portfolio_months"]
        for name in files.frames:
            keys = [*(["month"] if "months" in name else []), *FRAMES[name].order]
            ours, theirs = (each.frame(name).sort_values(keys).reset_index(drop=True) for each in (book, files))
            assert list(ours.dtypes.astype(str)) == list(theirs.dtypes.astype(str))
            assert ours.astype(str).equals(theirs.astype(str))

    def test_are_read_by_month(self, kept, tmp_path):
        export_snapshot(tmp_path, actor="user:1")

        frame = open_book(tmp_path).frame(
            "loan_months", columns=["loan_id", "month"], since=date(2026, 2, 1), until=date(2026, 3, 1)
        )

        assert list(frame.columns) == ["loan_id", "month"]
        assert frame["month"].dt.strftime("%Y-%m").value_counts().to_dict() == {"2026-02": 120, "2026-03": 120}
