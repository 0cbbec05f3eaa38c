"""
XLSX files: rows of texts, dates and amounts.

A text is never a formula, whatever it begins with. The file knows no time but the moment of issue, so the same rows
give the same bytes.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from dashu.kernel.money import EXPONENTS, format_minor

_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_HEAD = PatternFill("solid", fgColor="EEF3EF")


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a currency; a cell shows them exactly."""

    minor: int
    currency: str


Value = str | date | int | Amount | None
Row = Sequence[Value]


def sheet(
    *, title: str, blocks: Iterable[tuple[Sequence[str], Sequence[Row]]], widths: Sequence[int], issued_at: datetime
) -> bytes:
    """
    Return a workbook of one sheet.

    :param blocks: column names (none for a plain list of facts) and rows, below each other with a blank row between.
        The sheet can be filtered by the last one.
    """
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = re.sub(r"[\[\]:*?/\\]", " ", title)[:31]
    page.append([])
    _write(page.cell(1, 1), title)
    page.cell(1, 1).font = Font(bold=True, size=14)
    at = 3
    for names, rows in blocks:
        first = at
        for column, name in enumerate(names, start=1):
            _write(page.cell(at, column), name)
            page.cell(at, column).font = Font(bold=True)
            page.cell(at, column).fill = _HEAD
            page.cell(at, column).alignment = Alignment(horizontal="left" if column < 3 else "right", wrap_text=True)
        at += 1 if names else 0
        for row in rows:
            for column, value in enumerate(row, start=1):
                _write(page.cell(at, column), value)
            at += 1
        if names:
            page.auto_filter.ref = f"A{first}:{page.cell(max(at - 1, first), len(names)).coordinate}"
        at += 1
    for column, width in enumerate(widths, start=1):
        page.column_dimensions[page.cell(1, column).column_letter].width = width
    page.page_setup.orientation, page.page_setup.paperSize, page.page_setup.fitToHeight = "landscape", 9, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    return _saved(book, issued_at)


def _write(cell: Cell, value: Value) -> None:
    if isinstance(value, Amount):
        decimals = EXPONENTS[value.currency]
        cell.value = Decimal(format_minor(value.minor, value.currency))
        cell.number_format = "#,##0" + ("." + "0" * decimals if decimals else "")
    elif isinstance(value, date):
        cell.value = value
        cell.number_format = "yyyy-mm-dd"
    elif isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"
        # Excel then keeps it a text also when somebody edits the cell.
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
    else:
        cell.value = value


def _saved(book: Workbook, issued_at: datetime) -> bytes:
    at = issued_at.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    book.properties.created = at
    book.properties.creator = ""
    written, settled = io.BytesIO(), io.BytesIO()
    book.save(written)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":  # the library writes the time of saving, whatever it is told
                content = _MODIFIED.sub(rb"\g<1>" + stamp, content)
            after.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return settled.getvalue()
