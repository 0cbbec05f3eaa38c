"""
Workbooks for people who work on with figures: a sheet for each table, amounts and rates as numbers.

No text of them can be taken for a formula.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils.text import capfirst
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from dashu.ledger.exporting import plain_text

SHARE, COUNT, DECIMAL, DAY = "0.00%", "#,##0", "#,##0.00", "yyyy-mm-dd"
WIDEST, NARROWEST = 60, 12

Cell = tuple[Any, str]  # a value and how it is written; "" for text
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    heads: Sequence[str]
    rows: Iterable[Row]


def write_workbook(file: BinaryIO, sheets: Iterable[Sheet]) -> None:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for sheet in sheets:
        _add(book, sheet)
    book.save(file)


def _add(book: Workbook, given: Sheet) -> None:
    sheet: Worksheet = book.create_sheet(given.title[:31])
    sheet.append([plain_text(capfirst(head)) for head in given.heads])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    widths = [len(head) for head in given.heads]
    for row in given.rows:
        sheet.append([plain_text(value) if not written else value for value, written in row])
        for place, (value, written) in enumerate(row):
            cell = sheet.cell(sheet.max_row, place + 1)
            if written:
                cell.number_format = written
            else:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            widths[place] = max(widths[place], len(str(value)))
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(max(width + 2, NARROWEST), WIDEST)
    sheet.freeze_panes = "A2"
