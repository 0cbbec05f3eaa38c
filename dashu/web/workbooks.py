"""
Workbooks for people who work on with figures: a sheet for each table, amounts and rates as numbers.

No text of them can be taken for a formula.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, BinaryIO

from django.utils.text import capfirst
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from dashu.ledger.exporting import plain_text

SHARE, COUNT, DECIMAL, DAY = "0.00%", "#,##0", "#,##0.00", "yyyy-mm-dd"
WIDEST, NARROWEST = 60, 12
MOST_ROWS = 1_048_575  # of a sheet, below its heads
MEASURED_ROWS = 1_000  # from which the widths of columns follow

Cell = tuple[Any, str]  # a value and how it is written; "" for text
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    heads: Sequence[str]
    rows: Iterable[Row]


def write_workbook(file: BinaryIO, sheets: Iterable[Sheet]) -> None:
    """Write row by row, so that memory does not grow with them; more than a sheet holds go on in the next one."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        rows, part = iter(sheet.rows), 1
        while _add(book, sheet, rows, part):
            part += 1
    book.save(file)


def _add(book: Workbook, given: Sheet, rows: Iterator[Row], part: int) -> bool:
    """Write as many rows as a sheet holds; return whether some are left."""
    first = list(islice(rows, MEASURED_ROWS))
    if part > 1 and not first:
        return False
    sheet = book.create_sheet(given.title[:31] if part == 1 else f"{given.title[:27]} {part}")
    sheet.freeze_panes = "A2"
    for place, width in enumerate(_widths(given.heads, first), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.append([_styled(sheet, plain_text(capfirst(head)), font=Font(bold=True)) for head in given.heads])
    for row in chain(first, islice(rows, MOST_ROWS - MEASURED_ROWS)):
        sheet.append([_cell(sheet, value, written) for value, written in row])
    return len(first) == MEASURED_ROWS


def _cell(sheet: Any, value: Any, written: str) -> WriteOnlyCell:
    if written:
        return _styled(sheet, value, number_format=written)
    return _styled(sheet, plain_text(value), alignment=Alignment(wrap_text=True, vertical="top"))


def _styled(sheet: Any, value: Any, **style: Any) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=value)
    for name, each in style.items():
        setattr(cell, name, each)
    return cell


def _widths(heads: Sequence[str], rows: Sequence[Row]) -> list[int]:
    widths = [len(head) for head in heads]
    for row in rows:
        for place, (value, _written) in enumerate(row):
            widths[place] = max(widths[place], len(str(value)))
    return [min(max(width + 2, NARROWEST), WIDEST) for width in widths]
