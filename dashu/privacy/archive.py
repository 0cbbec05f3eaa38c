"""
The ZIP file of a copy: a README in three languages, each table as JSON and as CSV, and the papers.

It is written as a stream, row by row and paper by paper, to something that need not be seekable.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import FileAttachment
from dashu.privacy.tables import TABLES, Table
from dashu.users.models import Borrower
from loans.models import ApplicationDocument, LoanContract
from loans.services.document_contents import content_of
from repayments.models import IssuedFile

LANGUAGES = ("zh-hans", "zh-hant", "en")
# Spreadsheets take a cell that begins with one of these for a formula.
_FORMULA = re.compile(r"^[\s]*[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
_UNSAFE = re.compile(r"[^\w.\- ]+")
_LONGEST_NAME = 80


def write_archive(target: Any, borrower: Borrower, *, made_on: str) -> None:
    """
    Write the whole copy.

    :param target: takes bytes; it is neither read nor sought in.
    :param made_on: the day that the README names, in ISO form.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", readme(made_on=made_on))
        for table in TABLES:
            _write_text(archive, f"json/{table.name}.json", partial(_as_json, table=table, borrower=borrower))
            _write_text(archive, f"csv/{table.name}.csv", partial(_as_csv, table=table, borrower=borrower))
        for name, content in _papers(borrower):
            archive.writestr(name, content)


_SENTENCES = (
    _("The folder json is for programs, the folder csv for spreadsheets. Both hold the same tables."),
    _("Amounts are in the currency beside them, dates are written year-month-day."),
    _("The folder papers holds contracts and papers that we issued; sent_in what you sent us."),
    _("In CSV files, a text that a spreadsheet might take for a formula begins with an apostrophe."),
    _("Not included: passwords, notes of our staff to each other, and data of other people."),
    _("Keep this file in a safe place: it has your identity number and accounts in full."),
)


def readme(*, made_on: str) -> str:
    """Return what the copy holds and how to read it, in each language."""
    parts = []
    for language in LANGUAGES:
        with translation.override(language):
            title = gettext("Your data at Dashu, as of %(day)s") % {"day": made_on}
            parts.append("\n".join([title, "", *(str(sentence) for sentence in _SENTENCES)]))
    return "\n\n----\n\n".join(parts) + "\n"


def safe_cell(value: Any) -> Any:
    """Return a cell's text such that no spreadsheet takes it for a formula; a number stays a number."""
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def _write_text(archive: zipfile.ZipFile, name: str, write: Callable[[io.TextIOWrapper], None]) -> None:
    with archive.open(name, "w") as entry, io.TextIOWrapper(entry, encoding="utf-8", newline="") as text:
        write(text)


def _as_json(text: IO[str], table: Table, borrower: Borrower) -> None:
    text.write("[")
    for place, row in enumerate(table.written(borrower)):
        text.write(",\n" if place else "\n")
        text.write(json.dumps(row, ensure_ascii=False, cls=DjangoJSONEncoder))
    text.write("\n]\n")


def _as_csv(text: IO[str], table: Table, borrower: Borrower) -> None:
    text.write("\ufeff")  # without it, some spreadsheets take Chinese for something else
    writer = csv.writer(text)
    writer.writerow(table.columns)
    for row in table.written(borrower):
        writer.writerow([safe_cell(value) for value in row.values()])


def _papers(borrower: Borrower) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each paper, one at a time."""
    for contract in LoanContract.objects.filter(application__borrower=borrower).order_by("pk").iterator(chunk_size=1):
        yield f"papers/{_name(contract.number)}.pdf", bytes(contract.pdf)
    issued = IssuedFile.objects.filter(document__loan__borrower=borrower).select_related("document")
    for file in issued.order_by("document_id", "format").iterator(chunk_size=1):
        yield f"papers/{_name(file.document.number)}.{file.format.lower()}", bytes(file.content)
    attached = FileAttachment.objects.kept().filter(file__borrower=borrower)
    for attachment in attached.order_by("pk").iterator(chunk_size=1):
        yield f"attached/{attachment.pk}-{_name(attachment.name)}", bytes(attachment.content or b"")
    sent_in = ApplicationDocument.objects.filter(application__borrower=borrower, erased_at=None).kept()
    for document in sent_in.order_by("pk").iterator(chunk_size=10):
        if not document.is_ready:
            continue
        try:
            yield f"sent_in/{document.pk}-{_name(document.name)}", content_of(document)
        except FileNotFoundError:
            # Its row is in the table; that the file is gone is found by the sweep of the papers.
            continue


def _name(given: str) -> str:
    """Return a file name that unpacks anywhere and cannot leave its folder."""
    return _UNSAFE.sub("_", given).strip(". ")[-_LONGEST_NAME:] or "_"
