"""For migrations: seal what stood in clear before, batch by batch, so that a large table is never held for long."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction
from psycopg2 import sql
from psycopg2.extras import execute_values

from dashu.users.services.rotate_field_keys import let_seal_anew

BATCH = 2_000


def rewrite_rows(
    table: str,
    *,
    keys: Sequence[str] = ("id",),
    read: Sequence[str],
    write: Sequence[str],
    where: str,
    make: Callable[..., Sequence[Any]],
    batch: int = BATCH,
) -> int:
    """
    Write `make(*read)` into the columns `write` of every row that `where` holds for; return how many those were.

    Each batch is a transaction of its own and holds its rows, so that what somebody writes meanwhile comes after it.
    `where` must no longer hold afterwards: a run cut short is then run again.
    """
    names = {
        "table": sql.Identifier(table),
        "keys": _columns(keys),
        "read": _columns(read),
        "sets": sql.SQL(", ").join(sql.SQL("{0} = new.{0}").format(sql.Identifier(name)) for name in write),
        "given": _columns([*keys, *write]),
        "same": sql.SQL(" AND ").join(sql.SQL("old.{0} = new.{0}").format(sql.Identifier(name)) for name in keys),
        "where": sql.SQL(where),  # written in a migration
    }
    select = sql.SQL(
        "SELECT {keys}, {read} FROM {table} WHERE {where} ORDER BY {keys} LIMIT %s FOR NO KEY UPDATE"
    ).format(**names)
    update = sql.SQL("UPDATE {table} AS old SET {sets} FROM (VALUES %s) AS new ({given}) WHERE {same}").format(**names)
    done = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            let_seal_anew()
            cursor.execute(select, [batch])
            rows = cursor.fetchall()
            if not rows:
                return done
            new = [(*row[: len(keys)], *make(*row[len(keys) :])) for row in rows]
            execute_values(cursor.cursor, update, new, page_size=batch)
            done += len(rows)


def _columns(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
