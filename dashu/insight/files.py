"""
The tables of a report as files, written row by row so that memory stays flat.

In a workbook and a CSV amounts are in whole currency and titles in the reader's language. Parquet is for programs:
minor units as int64, codes instead of words.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from dashu.insight.figures import Column, Figures, Kind, Row
from dashu.insight.showing import written
from dashu.kernel.money import format_minor, fraction_digits
from dashu.ledger.exporting import ROWS_OF_A_SHEET, csv_text, plain_text
from dashu.web.workbooks import COUNT, DAY, DECIMAL, SHARE

FORMATS = ("xlsx", "csv", "parquet")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
ROWS_OF_A_GROUP = 50_000

_NUMBER_FORMATS = {Kind.MONEY: DECIMAL, Kind.COUNT: COUNT, Kind.SHARE: SHARE, Kind.NUMBER: "#,##0.00##", Kind.DAY: DAY}
_TYPES = {
    Kind.MONEY: pa.int64(),
    Kind.COUNT: pa.int64(),
    Kind.SHARE: pa.decimal128(18, 6),
    Kind.NUMBER: pa.decimal128(18, 6),
    Kind.MONTH: pa.date32(),
    Kind.DAY: pa.date32(),
    Kind.TEXT: pa.string(),
}


@dataclass(frozen=True, slots=True)
class About:
    """What a workbook says of itself on its last sheet: lines of a head and its words."""

    title: str
    lines: Sequence[tuple[str, str]]


def extension(file_format: str, tables: Sequence[Figures]) -> str:
    """Return how the file is called: several tables of CSV or Parquet come in one zip."""
    return "zip" if len(tables) > 1 and file_format != "xlsx" else file_format


def write_tables(file: BinaryIO, file_format: str, tables: Sequence[Figures], about: About) -> None:
    """Write the tables in one of `FORMATS`, or a zip with a file for each."""
    assert file_format in FORMATS, file_format
    if file_format == "xlsx":
        return _write_workbook(file, tables, about)
    if len(tables) == 1:
        return _write_one(file, file_format, tables[0])
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for figures in tables:
            with archive.open(f"{figures.code}.{file_format}", "w", force_zip64=True) as part:
                _write_one(part, file_format, figures)  # type: ignore[arg-type]
    return None


def csv_pieces(figures: Figures) -> Iterator[bytes]:
    """Yield a CSV piece by piece, in the language of this moment, with the mark by which Excel knows UTF-8."""
    header = {column.code: capfirst(str(column.title)) for column in figures.columns}
    rows = ([_text(column, value, figures.currency) for column, value in _pairs(figures, row)] for row in figures.rows)
    return csv_text(header, rows, titles=True, has_mark=True)


def _write_one(file: BinaryIO, file_format: str, figures: Figures) -> None:
    if file_format == "csv":
        for piece in csv_pieces(figures):
            file.write(piece)
    else:
        _write_parquet(file, figures)


def _text(column: Column, value: Any, currency: str) -> str:
    if value is None:
        return ""
    match column.kind:
        case Kind.MONEY:
            return format_minor(value, currency)
        case Kind.COUNT:
            return str(value)
        case Kind.SHARE | Kind.NUMBER:
            return f"{value:f}"
        case Kind.MONTH:
            return f"{value:%Y-%m}"
        case Kind.DAY:
            return str(value.isoformat())
    return plain_text(written(column, value, currency))


def _write_parquet(file: BinaryIO, figures: Figures) -> None:
    names = [f"{each.code}_minor" if each.kind is Kind.MONEY else each.code for each in figures.columns]
    kinds = [_TYPES[column.kind] for column in figures.columns]
    fields = [pa.field(name, kind) for name, kind in zip(names, kinds, strict=True)]
    schema = pa.schema(fields, metadata={"currency": figures.currency})
    rows = iter(figures.rows)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(islice(rows, ROWS_OF_A_GROUP)):
            columns = [pa.array(column, kind) for column, kind in zip(zip(*group, strict=True), kinds, strict=True)]
            writer.write_table(pa.table(columns, schema=schema))


def _write_workbook(file: BinaryIO, tables: Iterable[Figures], about: About) -> None:
    book = Workbook(write_only=True)
    for figures in tables:
        rows = iter(figures.rows)
        first = True
        while ((group := islice(rows, ROWS_OF_A_SHEET)) and (row := next(group, None)) is not None) or first:
            _add_sheet(book, figures, [] if row is None else _chained(row, group))
            first = False
            if row is None:
                break
    sheet = book.create_sheet(_sheet_title(_("What this says")))
    sheet.append([_bold(sheet, about.title)])
    for head, words in about.lines:
        sheet.append([plain_text(capfirst(head)), plain_text(words)])
    book.save(file)


def _chained(first: Row, others: Iterable[Row]) -> Iterator[Row]:
    yield first
    yield from others


def _add_sheet(book: Workbook, figures: Figures, rows: Iterable[Row]) -> None:
    sheet = book.create_sheet(_sheet_title(str(figures.title)))
    sheet.freeze_panes = "A2"
    for place in range(len(figures.columns)):
        sheet.column_dimensions[get_column_letter(place + 1)].width = 20
    sheet.append([_bold(sheet, _with_currency(column, figures.currency)) for column in figures.columns])
    for row in rows:
        sheet.append([_cell(sheet, column, value, figures.currency) for column, value in _pairs(figures, row)])


def _cell(sheet: WriteOnlyWorksheet, column: Column, value: Any, currency: str) -> Any:
    if value is None:
        return None
    number_format = _NUMBER_FORMATS.get(column.kind)
    if number_format is None:
        return _text(column, value, currency)
    if column.kind is Kind.MONEY:
        value = Decimal(value).scaleb(-fraction_digits(currency))
    cell = WriteOnlyCell(sheet, value=value)
    cell.number_format = number_format
    return cell


def _bold(sheet: WriteOnlyWorksheet, words: str) -> Any:
    cell = WriteOnlyCell(sheet, value=plain_text(capfirst(words)))
    cell.font = Font(bold=True)
    return cell


def _with_currency(column: Column, currency: str) -> str:
    return f"{column.title} ({currency})" if column.kind is Kind.MONEY else str(column.title)


def _sheet_title(words: str) -> str:
    """Return a name that a sheet may have: 31 characters, none of those that Excel forbids."""
    return capfirst("".join(" " if letter in "[]:*?/\\" else letter for letter in words))[:31]


def _pairs(figures: Figures, row: Row) -> Iterator[tuple[Column, Any]]:
    return zip(figures.columns, row, strict=True)
