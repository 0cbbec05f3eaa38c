"""
Rows of a statement as Arrow batches, in memory that does not grow with the rows.

The server sends them by COPY, which is several times faster than a cursor, through a pipe to Arrow's reader.
"""

import os
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
from pyarrow import csv

from dashu.analysis.columns import Column, Kind

BLOCK_BYTES = 4_000_000
_ARROW = {
    Kind.WHOLE: pa.int64(),
    Kind.WHOLE_OR_NONE: pa.int64(),
    Kind.RATE: pa.decimal128(9, 6),
    Kind.DAY: pa.date32(),
    Kind.MOMENT: pa.timestamp("us"),
    Kind.WORD: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.YES_NO: pa.bool_(),
}


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    return pa.schema([(column.name, _ARROW[column.kind]) for column in columns])


def selected(column: Column) -> str:
    """Return how a column of a view is asked for, so that Arrow reads it as its kind."""
    return f"{column.name} AT TIME ZONE 'UTC'" if column.kind is Kind.MOMENT else column.name


def batches(connection: Any, statement: str, columns: Sequence[Column]) -> Generator[pa.RecordBatch]:
    """
    Yield what a statement returns, a few thousand rows at a time.

    :param connection: of psycopg2; nothing else may be asked of it until the last batch was taken or the iterator is
        closed. Closed early, the statement is cancelled and the transaction has to be rolled back.
    :param statement: with its values written in.
    """
    schema = schema_of(columns)
    reading, writing = os.pipe()
    failures: list[BaseException] = []
    copying = threading.Thread(target=_copy, args=(connection, statement, writing, failures), daemon=True)
    copying.start()
    is_over = False
    try:
        with os.fdopen(reading, "rb", buffering=BLOCK_BYTES) as pipe:
            yield from _parsed(pipe, schema)
        is_over = True
    except pa.ArrowInvalid:
        copying.join()
        if failures:  # what arrived was cut off in the middle of a row
            raise failures[0] from None
        raise
    finally:
        if not is_over and copying.is_alive():
            with suppress(Exception):
                connection.cancel()
        copying.join()
    if failures:
        raise failures[0]


def _copy(connection: Any, statement: str, writing: int, failures: list[BaseException]) -> None:
    try:
        with os.fdopen(writing, "wb", buffering=1 << 20) as pipe, connection.cursor() as cursor:
            cursor.copy_expert(f"COPY ({statement}) TO STDOUT (FORMAT csv)", pipe)
    except BaseException as error:  # raised again where the rows are read
        failures.append(error)


def _parsed(pipe: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """COPY tells none from empty by quotes, and so does the reader here."""
    first = pipe.peek(1)
    if not first:
        return
    reader = csv.open_csv(
        pipe,
        read_options=csv.ReadOptions(block_size=BLOCK_BYTES, column_names=schema.names),
        parse_options=csv.ParseOptions(newlines_in_values=False),
        convert_options=csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    yield from reader
