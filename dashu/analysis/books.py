"""The book of a database or of exported files, as frames of pandas."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date
from functools import partial, reduce
from operator import and_
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import psycopg2
import pyarrow as pa
import pyarrow.dataset as ds
from django.db import connection, transaction

from dashu.analysis.columns import Column, Frame, Kind
from dashu.analysis.frames import FRAMES
from dashu.analysis.stream import batches, schema_of, selected
from dashu.analysis.views import SCHEMA
from dashu.kernel.errors import DomainError, _

CHUNK_ROWS = 200_000


class UnknownPlace(DomainError):
    code: ClassVar[str] = "unknown_place"


class UnknownFrame(DomainError):
    code: ClassVar[str] = "unknown_frame"


class Book(ABC):
    """Frames by name; docs/analysis.md lists them with their columns and dtypes."""

    @property
    def frames(self) -> list[str]:
        """The names of the frames that are there."""
        return list(FRAMES)

    def frame(
        self,
        name: str,
        *,
        columns: Sequence[str] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> pd.DataFrame:
        """
        Return a frame, all of it in memory.

        :param columns: only these, in this order; None for all.
        :param since, until: first and last day, by the frame's column of time (for a month: its first day).
        :raises UnknownFrame: there is no such frame, column, or column of time.
        """
        frame, chosen = _chosen(name, columns)
        _refuse_without_time(frame, since, until)
        with closing(self._batches(frame, chosen, since, until)) as found:
            return to_pandas(pa.Table.from_batches(found, schema=schema_of(chosen)), chosen)

    def chunks(
        self,
        name: str,
        *,
        rows: int = CHUNK_ROWS,
        columns: Sequence[str] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> Iterator[pd.DataFrame]:
        """
        Yield a frame in parts of at most `rows` rows; memory does not grow with the frame.

        Each part has categories of its own: turn them into text before parts are put together.
        """
        frame, chosen = _chosen(name, columns)
        _refuse_without_time(frame, since, until)
        with closing(self._batches(frame, chosen, since, until)) as found:
            for table in tables_of(found, schema_of(chosen), rows):
                yield to_pandas(table, chosen)

    @abstractmethod
    def _batches(
        self, frame: Frame, columns: Sequence[Column], since: date | None, until: date | None
    ) -> Generator[pa.RecordBatch]: ...


class DatabaseBook(Book):
    """:param connecting: gives a connection of psycopg2 in a transaction that is ended afterwards."""

    def __init__(self, connecting: Callable[[], AbstractContextManager[Any]]) -> None:
        self._connecting = connecting

    def _batches(
        self, frame: Frame, columns: Sequence[Column], since: date | None, until: date | None
    ) -> Generator[pa.RecordBatch]:
        asked = ", ".join(map(selected, columns))
        with self._connecting() as opened:
            bounds = {">=": since, "<=": until}
            with opened.cursor() as cursor:
                given = [
                    cursor.mogrify(f"{frame.time} {sign} %s", [day]).decode() for sign, day in bounds.items() if day
                ]
            where = f" WHERE {' AND '.join(given)}" if given else ""
            statement = f"SELECT {asked} FROM {SCHEMA}.{frame.name}{where}"  # noqa: S608 – of this program only
            yield from batches(opened, statement, columns)


class ParquetBook(Book):
    """Reads what `manage.py export_snapshot` wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def frames(self) -> list[str]:
        return [name for name in FRAMES if (self._folder / name).is_dir()]

    def _batches(
        self, frame: Frame, columns: Sequence[Column], since: date | None, until: date | None
    ) -> Generator[pa.RecordBatch]:
        if frame.name not in self.frames:
            raise UnknownFrame(_("The files have no frame %(name)s."), params={"name": frame.name})
        for file, month in self._files(frame):
            if month and ((since and month < since) or (until and month > until)):
                continue
            within = None if month else _within(frame, since, until)
            kept = [column.name for column in columns if not (month and column.name == frame.time)]
            for batch in ds.dataset(file).to_batches(columns=kept, filter=within):
                yield _with_month(batch, columns, frame.time, month)

    def _files(self, frame: Frame) -> list[tuple[Path, date | None]]:
        files = sorted((self._folder / frame.name).rglob("*.parquet"))
        return [(file, _month_of(file.parent.name)) for file in files]


def book_at(place: str | Path | None) -> Book:
    """See `dashu.analysis.open_book`."""
    if place is None:
        return DatabaseBook(_of_installation)
    if isinstance(place, str) and place.startswith(("postgres://", "postgresql://")):
        return DatabaseBook(partial(_of_analyst, place))
    folder = Path(place)
    if not folder.is_dir():
        raise UnknownPlace(_("There is no folder %(place)s."), params={"place": str(place)})
    return ParquetBook(folder)


def tables_of(found: Iterator[pa.RecordBatch], schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    """Yield tables of exactly `rows` rows, the last one with what is left; none where nothing was found."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in found:
        held.append(batch)
        count += batch.num_rows
        while count >= rows:
            table = pa.Table.from_batches(held, schema=schema)
            yield table.slice(0, rows)
            held, count = table.slice(rows).to_batches(), count - rows
    if count:
        yield pa.Table.from_batches(held, schema=schema)


def to_pandas(table: pa.Table, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the table with the documented dtypes; the categories of words stand in alphabetical order."""
    for place, column in enumerate(columns):
        if column.kind is Kind.WORD:
            table = table.set_column(place, column.name, table.column(place).dictionary_encode())
    mapped = {pa.decimal128(9, 6): pd.ArrowDtype(pa.decimal128(9, 6))}
    frame = table.to_pandas(types_mapper=mapped.get, date_as_object=False)
    for column in columns:
        if column.kind is Kind.WORD:
            words = frame[column.name].cat
            frame[column.name] = words.reorder_categories(sorted(words.categories))
    kept = (Kind.WORD, Kind.RATE)
    return frame.astype({column.name: column.kind.value for column in columns if column.kind not in kept})


@contextmanager
def _of_installation() -> Iterator[Any]:
    with transaction.atomic():
        connection.ensure_connection()
        yield connection.connection


@contextmanager
def _of_analyst(address: str) -> Iterator[Any]:
    opened = psycopg2.connect(address)
    try:
        yield opened
    finally:
        opened.close()


def _chosen(name: str, columns: Sequence[str] | None) -> tuple[Frame, Sequence[Column]]:
    frame = FRAMES.get(name)
    if frame is None:
        known = ", ".join(FRAMES)
        raise UnknownFrame(_("There is no frame %(name)s; there are %(known)s."), params={"name": name, "known": known})
    if columns is None:
        return frame, frame.columns
    for column in columns:
        if column not in frame.names:
            raise UnknownFrame(
                _("The frame %(name)s has no column %(column)s."), params={"name": name, "column": column}
            )
    return frame, [frame.column(column) for column in columns]


def _refuse_without_time(frame: Frame, since: date | None, until: date | None) -> None:
    if (since or until) and not frame.time:
        raise UnknownFrame(_("The frame %(name)s cannot be read by time."), params={"name": frame.name})


def _within(frame: Frame, since: date | None, until: date | None) -> ds.Expression | None:
    bounds = []
    if since:
        bounds.append(ds.field(frame.time) >= since)
    if until:
        bounds.append(ds.field(frame.time) <= until)
    return reduce(and_, bounds) if bounds else None


def _month_of(folder: str) -> date | None:
    name, _sign, value = folder.partition("=")
    return date.fromisoformat(f"{value}-01") if name == "month" else None


def _with_month(batch: pa.RecordBatch, columns: Sequence[Column], name: str, month: date | None) -> pa.RecordBatch:
    """Return the batch with its month, which is told by the name of its folder, where it is asked for."""
    values = {held: batch.column(held) for held in batch.schema.names}
    if month:
        values[name] = pa.array([month] * batch.num_rows, pa.date32())
    return pa.RecordBatch.from_arrays([values[column.name] for column in columns], schema=schema_of(columns))
