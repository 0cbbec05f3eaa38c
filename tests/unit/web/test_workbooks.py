"""Workbooks are written row by row, however many rows there are."""

from io import BytesIO

from openpyxl import load_workbook

from dashu.web import workbooks
from dashu.web.workbooks import COUNT, Sheet, write_workbook


def written(rows, monkeypatch, most=5, measured=2):
    monkeypatch.setattr(workbooks, "MOST_ROWS", most)
    monkeypatch.setattr(workbooks, "MEASURED_ROWS", measured)
    file = BytesIO()
    write_workbook(file, [Sheet("Loans", ["number", "count"], rows)])
    file.seek(0)
    return load_workbook(file)


def row(number):
    return [(f"L{number}", ""), (number, COUNT)]


class TestSheets:
    def test_go_on_in_the_next_where_one_is_full(self, monkeypatch):
        book = written((row(number) for number in range(12)), monkeypatch)

        assert book.sheetnames == ["Loans", "Loans 2", "Loans 3"]
        found = [[cell.value for cell in line] for sheet in book for line in sheet.iter_rows(min_row=2)]
        assert found == [[f"L{number}", number] for number in range(12)]
        assert all([cell.value for cell in sheet[1]] == ["Number", "Count"] for sheet in book)

    def test_that_end_with_a_full_one_need_no_other(self, monkeypatch):
        assert written((row(number) for number in range(5)), monkeypatch).sheetnames == ["Loans"]

    def test_without_rows_have_their_heads(self, monkeypatch):
        book = written([], monkeypatch)

        assert [[cell.value for cell in line] for line in book["Loans"].iter_rows()] == [["Number", "Count"]]

    def test_take_no_text_for_a_formula(self, monkeypatch):
        sheet = written([[("=1+1", ""), (2, COUNT)]], monkeypatch)["Loans"]

        assert sheet["A2"].data_type == "s"
        assert sheet["B2"].number_format == COUNT
