"""Tape files as rows of text with their line numbers: CSV in UTF-8 (with or without BOM) or GB18030, and Parquet."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dashu.kernel.errors import _
from dashu.tapes.errors import MissingColumn, UnreadableTape

csv.field_size_limit(1_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """
    :param line: of the file, the header being 1; of a Parquet file, the row counted from 2 likewise.
    :param problem: why the row could not be read at all, None when it could.
    """

    line: int
    cells: dict[str, str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Tape:
    columns: tuple[str, ...]
    rows: list[Row]

    def require(self, columns: set[str]) -> None:
        """:raises MissingColumn: one of the columns is not there."""
        if missing := sorted(columns - set(self.columns)):
            raise MissingColumn(
                _("The file has no column %(column)s. Check the file, or choose another mapping."),
                field=missing[0],
                params={"column": missing[0]},
            )


def read_tape(path: Path) -> Tape:
    """
    Read a file whole.

    :raises UnreadableTape: not there, empty, neither CSV nor Parquet, or in another encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableTape(
            _("The file %(name)s cannot be opened: %(reason)s."),
            field="file",
            params={"name": path.name, "reason": error.strerror},
        ) from error
    if content[:4] == b"PAR1":
        return _parquet(content)
    return _csv(_decoded(content))


def _decoded(content: bytes) -> str:
    """UTF-8 first, because a UTF-8 text is practically never valid by accident; then GB18030, as Chinese banks send."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise UnreadableTape(_("The file is neither UTF-8 nor GB18030 text nor Parquet."), field="file")


def _csv(text: str) -> Tape:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, None)
    except csv.Error:
        header = None
    if not header or not any(name.strip() for name in header):
        raise UnreadableTape(_("The file is empty: it has no header line."), field="file")
    columns = tuple(name.strip() for name in header)
    return Tape(columns, list(_csv_rows(reader, columns)))


def _csv_rows(reader: Any, columns: tuple[str, ...]) -> Iterator[Row]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, {}, str(error))
            continue
        if not cells:
            continue
        if len(cells) != len(columns):
            yield Row(line, {}, f"{len(cells)} cells, the header has {len(columns)}")
            continue
        yield Row(line, dict(zip(columns, (cell.strip() for cell in cells), strict=True)))


def _parquet(content: bytes) -> Tape:
    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except (ValueError, OSError) as error:
        raise UnreadableTape(_("The Parquet file is damaged."), field="file") from error
    columns = tuple(str(name) for name in frame.columns)
    records = zip(*(_texts(frame[name]) for name in frame.columns), strict=True)
    return Tape(columns, [Row(line, dict(zip(columns, cells, strict=True))) for line, cells in enumerate(records, 2)])


def _texts(series: "pd.Series[Any]") -> list[str]:
    """A column's values as the text that a CSV would have; what is missing is empty."""
    return ["" if pd.isna(value) else str(value).strip() for value in series]
