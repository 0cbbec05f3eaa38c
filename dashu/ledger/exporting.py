"""
The books as files for other programs: CSV, XLSX and Parquet, written row by row so that memory stays flat.

Amounts are decimal strings in every format, because a spreadsheet's numbers are floats. A text that a spreadsheet would
take for a formula is written with an apostrophe before it.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from dashu.kernel.dates import LENDER_ZONE
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor
from dashu.ledger.general_ledger import LedgerLine
from dashu.ledger.models import Account
from dashu.ledger.selectors import TrialBalanceLine

FORMATS = ("csv", "xlsx", "parquet")
ROWS_OF_A_SHEET = 1_048_575  # what a spreadsheet holds, less the header
ROWS_OF_A_GROUP = 50_000
_PHONE = re.compile(r"\+[0-9]{5,15}", re.ASCII)
_STARTS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")

Row = Sequence[str]
Header = Mapping[str, str | Promise]

# The names of the columns, for programs, and their titles, for people.
LEDGER_COLUMNS: Header = {
    "accounting_on": _("reported on"),
    "effective_on": _("effective on"),
    "posted_at": _("posted at"),
    "entry": _("journal entry"),
    "kind": _("kind"),
    "reference": _("reference"),
    "description": _("description"),
    "account": _("ledger account"),
    "account_name": _("name"),
    "debit": _("Debit"),
    "credit": _("Credit"),
    "currency": _("currency"),
    "loan": _("loan"),
    "actor": _("actor"),
}
TRIAL_BALANCE_COLUMNS: Header = {
    "account": _("ledger account"),
    "account_name": _("name"),
    "part_of": _("part of"),
    "currency": _("currency"),
    "opening": _("opening balance"),
    "debit": _("Debit"),
    "credit": _("Credit"),
    "closing": _("closing balance"),
}


class UnknownFormat(DomainError):
    """The books are written as CSV, XLSX or Parquet."""

    code = "unknown_format"


def ledger_rows(lines: Iterable[LedgerLine]) -> Iterator[Row]:
    """Return an iterator over rows for `LEDGER_COLUMNS`. Names of accounts are in the language of this moment."""
    names = {account.code: account.label for account in Account.objects.all()}
    return (
        (
            _day(line.place.accounting_on),
            _day(line.effective_on),
            _moment(line.posted_at),
            str(line.place.entry_id),
            plain_text(line.kind),
            plain_text(line.reference),
            plain_text(line.description),
            line.account,
            plain_text(names[line.account]),
            format_minor(line.debit_minor, line.currency) if line.debit_minor else "",
            format_minor(line.credit_minor, line.currency) if line.credit_minor else "",
            line.currency,
            "" if line.loan_id is None else str(line.loan_id),
            plain_text(line.actor),
        )
        for line in lines
    )


def trial_balance_rows(lines: Iterable[TrialBalanceLine]) -> Iterator[Row]:
    """Return an iterator over rows for `TRIAL_BALANCE_COLUMNS`."""
    for line in lines:
        amounts = (line.opening_minor, line.debit_minor, line.credit_minor, line.balance_minor)
        yield (
            line.account.code,
            plain_text(line.account.label),
            line.account.parent_id or "",
            line.currency,
            *(format_minor(amount, line.currency) for amount in amounts),
        )


def csv_text(header: Header, rows: Iterable[Row], *, titles: bool, has_mark: bool) -> Iterator[bytes]:
    """
    Yield a CSV in UTF-8, piece by piece.

    :param titles: the first line says the columns' titles in the reader's language, not their names.
    :param has_mark: begin with a byte order mark, by which Excel knows that it is UTF-8.
    """
    heads = _heads(header, titles)
    return _csv_pieces(heads, rows, has_mark)


def write_xlsx(file: BinaryIO, header: Header, rows: Iterable[Row], *, titles: bool) -> None:
    """Write a workbook. What does not fit on one sheet goes on to the next."""
    book = Workbook(write_only=True)
    heads, remaining = _heads(header, titles), iter(rows)
    first = next(remaining, None)
    while True:
        sheet = book.create_sheet()
        sheet.append(heads)
        if first is None:
            break
        sheet.append(first)
        for row in islice(remaining, ROWS_OF_A_SHEET - 1):
            sheet.append(row)
        if (first := next(remaining, None)) is None:
            break
    book.save(file)


def write_parquet(file: BinaryIO, header: Header, rows: Iterable[Row]) -> None:
    """Write a Parquet file of strings, a row group at a time. Its columns have their names, in any language."""
    schema = pa.schema([(name, pa.string()) for name in header])
    remaining = iter(rows)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(islice(remaining, ROWS_OF_A_GROUP)):
            writer.write_table(
                pa.table([pa.array(column, pa.string()) for column in zip(*group, strict=True)], schema=schema)
            )


def write_file(
    file: BinaryIO, file_format: str, header: Header, rows: Iterable[Row], *, titles: bool, has_mark: bool = False
) -> None:
    """
    Write the rows in one of `FORMATS`.

    :raises UnknownFormat: there is no such format; nothing is written.
    """
    match file_format:
        case "csv":
            file.writelines(csv_text(header, rows, titles=titles, has_mark=has_mark))
        case "xlsx":
            write_xlsx(file, header, rows, titles=titles)
        case "parquet":
            write_parquet(file, header, rows)
        case _:
            raise UnknownFormat(
                _("%(given)s is not a format of the books. Choose csv, xlsx or parquet."),
                field="format",
                params={"given": file_format[:20]},
            )


class _Echo:
    """A file for `csv.writer` whose `write` gives the line back."""

    def write(self, text: str) -> str:
        return text


def _csv_pieces(heads: list[str], rows: Iterable[Row], has_mark: bool) -> Iterator[bytes]:
    line = csv.writer(_Echo()).writerow
    yield (("\ufeff" if has_mark else "") + str(line(heads))).encode()
    remaining = iter(rows)
    while group := list(islice(remaining, 500)):
        yield "".join(str(line(row)) for row in group).encode()


def _heads(header: Header, titles: bool) -> list[str]:
    return [plain_text(str(title)) for title in header.values()] if titles else list(header)


def plain_text(text: Any) -> str:
    """Return a text that no spreadsheet takes for a formula, without characters that a workbook cannot hold."""
    cleaned = ILLEGAL_CHARACTERS_RE.sub("", str(text))
    return f"'{cleaned}" if cleaned.lstrip(" ").startswith(_STARTS_A_FORMULA) else cleaned


def phone_text(phone: str) -> str:
    """Return a phone as it is dialed: a plus and digits alone are no formula, and nobody dials an apostrophe."""
    return phone if _PHONE.fullmatch(phone) else plain_text(phone)


def _day(day: date) -> str:
    return day.isoformat()


def _moment(moment: datetime) -> str:
    return moment.astimezone(LENDER_ZONE).isoformat(timespec="seconds")
