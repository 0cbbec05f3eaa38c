"""
Files as lines: CSV or JSON lines, in UTF-8 with or without BOM or in GB18030, read piece by piece.

What is wrong with the file as a whole refuses it before anything is kept. A line that cannot be read on its own is
given with the reason, and the others are read.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from dashu.kernel.errors import DomainError, _
from dashu.kernel.strict_json import read_json
from dashu.ledger.exporting import plain_text

ENCODINGS = ("utf-8-sig", "gb18030")
LONGEST_LINE = 256 * 1024
MOST_LEVELS = 20
# What a file of refused lines has beside them; sent again with these, it is the same file without.
REMARKS = ("refused_line", "refused_code", "refused_detail")


class FileNotReadable(DomainError):
    """The file as a whole cannot be taken; `detail` says why and where."""

    code = "file_not_readable"


@dataclass(frozen=True, slots=True)
class Line:
    """
    :param line: of the file, from 1.
    :param values: what it says; empty where it cannot be read. :param raw: then the line as it is.
    :param problem: why it cannot be read.
    """

    line: int
    values: dict[str, Any]
    raw: str = ""
    problem: DomainError | None = None


class UnreadableLine(DomainError):
    """The line is no JSON object, or has not as many cells as there are columns."""

    code = "unreadable_line"


def encoding_of(pieces: Iterable[bytes]) -> str:
    """
    Return the encoding; UTF-8 first, since a text in GB18030 is practically never valid UTF-8 by accident.

    :raises FileNotReadable: it is no text in either.
    """
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ENCODINGS}
    for piece in chain(pieces, [b""]):
        if b"\0" in piece:
            decoders.clear()
        for name in list(decoders):
            try:
                decoders[name].decode(piece, final=not piece)
            except UnicodeDecodeError:
                del decoders[name]
    if not decoders:
        raise FileNotReadable(_("The file is no text in UTF-8 or GB18030."), field="file")
    return next(iter(decoders))


def columns_of(pieces: Iterable[bytes], *, encoding: str) -> list[str]:
    """Return the names in the first line of a CSV file; nothing is said about whether they fit."""
    reader = csv.reader(_texts(pieces, encoding), strict=True)
    try:
        return [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        raise _broken(reader.line_num, error) from error


def refuse_columns(columns: list[str], *, known: Iterable[str], needed: Iterable[str]) -> None:
    """:raises FileNotReadable: a column is missing, unknown or named twice."""
    named = [name for name in columns if name not in REMARKS]
    if missing := [name for name in needed if name not in named]:
        raise _columns(_("The first line must name these columns: %(names)s."), missing)
    if unknown := [name for name in named if name not in set(known)]:
        raise _columns(_("These columns are not known: %(names)s."), unknown)
    if repeated := [name for name in named if named.count(name) > 1]:
        raise _columns(_("A column is named twice: %(names)s."), repeated[:1])


def csv_lines(pieces: Iterable[bytes], *, encoding: str) -> Iterator[Line]:
    """
    Yield the lines below the heading; empty ones are left out, and cells without text are not among the values.

    :raises FileNotReadable: quotes that do not match, or a line without end.
    """
    reader = csv.reader(_texts(pieces, encoding), strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        is_ours = REMARKS[0] in columns
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                problem = UnreadableLine(
                    _("The line has %(cells)s values, the first line names %(columns)s columns."),
                    params={"cells": len(cells), "columns": len(columns)},
                )
                yield Line(reader.line_num, {}, _joined(cells), problem)
                continue
            texts = (_as_sent(cell.strip()) if is_ours else cell.strip() for cell in cells)
            pairs = zip(columns, texts, strict=True)
            yield Line(reader.line_num, {name: cell for name, cell in pairs if cell and name not in REMARKS})
    except csv.Error as error:
        raise _broken(reader.line_num, error) from error


def json_lines(pieces: Iterable[bytes], *, encoding: str) -> Iterator[Line]:
    """
    Yield the lines, each one JSON object; empty ones are left out.

    :raises FileNotReadable: a line without end.
    """
    for number, text in enumerate(_texts(pieces, encoding), start=1):
        raw = text.strip()
        if not raw:
            continue
        try:
            document = read_json(raw, most_levels=MOST_LEVELS)
        except ValueError:
            document = None
        if isinstance(document, dict):
            yield Line(number, {name: value for name, value in document.items() if name not in REMARKS})
        else:
            yield Line(number, {}, raw, UnreadableLine(_("The line is not one JSON object.")))


def _as_sent(cell: str) -> str:
    """Take away the apostrophe that a file of refused lines has before what looks like a formula."""
    return cell[1:] if cell[:1] == "'" and plain_text(cell[1:]) == cell else cell


def _texts(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Yield the lines with their ends."""
    decoder = codecs.getincrementaldecoder(encoding)()
    rest, count = "", 0
    for piece in pieces:
        *whole, rest = (rest + decoder.decode(piece)).split("\n")
        for text in whole:
            count += 1
            _refuse_long(text, count)
            yield text + "\n"
        _refuse_long(rest, count + 1)
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest


def _refuse_long(text: str, number: int) -> None:
    if len(text) > LONGEST_LINE:
        raise FileNotReadable(_("Line %(line)s is too long."), field="file", params={"line": number})


def _joined(cells: list[str]) -> str:
    """Write cells as one line of CSV, as whoever mends the file sees them."""
    return ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' if set(cell) & set(',"\r\n') else cell for cell in cells)


def _broken(line: int, error: csv.Error) -> FileNotReadable:
    return FileNotReadable(
        _("Line %(line)s is no readable CSV: %(reason)s."), field="file", params={"line": line, "reason": str(error)}
    )


def _columns(message: str, names: list[str]) -> FileNotReadable:
    shown = ", ".join(name[:40] or "–" for name in names[:20])
    return FileNotReadable(message, field="file", params={"names": shown})
