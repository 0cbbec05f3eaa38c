"""
The views of the schema `analysis`, written after every `migrate` that changes them, and taken away before one.

They stand apart from the migrations: a view holds its columns fast, so that a later migration could not change them.
Who may read them keeps that right, because the schema stays.
"""

import hashlib
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from dashu.analysis.frames import FRAMES
from dashu.analysis.pseudonyms import KEY_TABLE, key_blocks

SCHEMA = "analysis"
_LOCK = 7_201_812


def write_views() -> None:
    """Write the schema, its views and the key of the pseudonyms, unless they are there as they should be."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if _written(cursor) == _digest():
            return
        _write_key(cursor)
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        _drop(cursor)
        for frame in FRAMES.values():
            cursor.execute(f"CREATE VIEW {SCHEMA}.{frame.name} AS {frame.query}")
        for role in readers(cursor):
            grant_views(cursor, role)
        cursor.execute(f"COMMENT ON SCHEMA {SCHEMA} IS %s", [_digest()])


def grant_views(cursor: CursorWrapper, role: str) -> None:
    """:param role: the name of one, as the database quotes it."""
    cursor.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}")
    cursor.execute(f"GRANT SELECT ON {', '.join(f'{SCHEMA}.{name}' for name in FRAMES)} TO {role}")


def readers(cursor: CursorWrapper) -> list[str]:
    """Return the roles that may use the schema beside its owner, quoted."""
    cursor.execute(
        """
        SELECT DISTINCT quote_ident(role.rolname)
        FROM pg_namespace AS space CROSS JOIN aclexplode(space.nspacl) AS given JOIN pg_roles AS role
             ON role.oid = given.grantee
        WHERE space.nspname = %s AND given.privilege_type = 'USAGE' AND given.grantee <> space.nspowner
        """,
        [SCHEMA],
    )
    return [role for (role,) in cursor.fetchall()]


def write_after_migrate(**_signal: Any) -> None:
    write_views()


def drop_before_migrate(*, plan: list[Any] | None = None, **_signal: Any) -> None:
    """:param plan: the migrations that are to run; with none, the views can stay."""
    if not plan:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        _drop(cursor)


def _drop(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT quote_ident(viewname) FROM pg_views WHERE schemaname = %s", [SCHEMA])
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP VIEW {SCHEMA}.{name}")


def _write_key(cursor: CursorWrapper) -> None:
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {KEY_TABLE.partition('.')[0]}")
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {KEY_TABLE} (inner_pad bytea NOT NULL, outer_pad bytea NOT NULL)")
    cursor.execute(f"TRUNCATE {KEY_TABLE}")
    cursor.execute(f"INSERT INTO {KEY_TABLE} VALUES (%s, %s)", list(key_blocks()))  # noqa: S608 – of this program only


def _written(cursor: CursorWrapper) -> str:
    """Return the digest of the views that are there, "" where one is missing, as when its table was made anew."""
    cursor.execute(
        "SELECT obj_description(to_regnamespace(%s)::oid, 'pg_namespace'), count(*)"
        " FROM pg_views WHERE schemaname = %s",
        [SCHEMA, SCHEMA],
    )
    digest, count = cursor.fetchone()
    return digest if digest and count == len(FRAMES) else ""


def _digest() -> str:
    queries = "\n".join(frame.query for frame in FRAMES.values())
    return hashlib.sha256(queries.encode() + b"".join(key_blocks())).hexdigest()
