"""
Spread the tables that are keyed by a loan over hash partitions of `loan_id`, with all their rows.

The schema stays what the models say, but for keys: a partitioned table can only promise that something is unique
together with `loan_id`, so a key without it gets it in front (`id` becomes `loan_id, id`), and a foreign key to it
names both. Tables with a promise over all loans, such as a payment's reference, stay whole; see
docs/decisions/tables-are-partitioned-by-loan.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError

# Referenced tables first.
TABLES = (
    "repayments_loanevent",
    "repayments_restatement",
    "repayments_scheduleversion",
    "repayments_installment",
    "repayments_installmentmovement",
    "repayments_loanbalance",
    "ledger_posting",
    "collections_mgmt_overduestatus",
    "collections_mgmt_overduechange",
    "collections_mgmt_collectioncase",
    "collections_mgmt_promisetopay",
    "collections_mgmt_hold",
    "collections_mgmt_creditrecordmonth",
    "collections_mgmt_loansignal",
)
KEY = "loan_id"


class UniqueOverAllLoans(DomainError):
    """A table promises something over all loans that its partitions could not keep."""

    code = "unique_over_all_loans"
    http_status = 409


@dataclass(frozen=True, slots=True)
class _ForeignKey:
    table: str
    name: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    rest: str


@transaction.atomic
def partition_by_loan(*, partitions: int, progress: Callable[[str], None] = lambda _table: None) -> list[str]:
    """
    Convert the tables that are still whole, and return their names. Nobody may write meanwhile: it locks them.

    :raises UniqueOverAllLoans: a key of a table that is not known here stands in the way; nothing is changed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")  # rows are moved, not written
        whole = [table for table in TABLES if _kind(cursor, table) == "r"]
        for table in whole:
            progress(table)
            _convert(cursor, table, partitions)
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return whole


def _kind(cursor: CursorWrapper, table: str) -> str:
    cursor.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", [table])
    return str(cursor.fetchone()[0])


def _convert(cursor: CursorWrapper, table: str, partitions: int) -> None:
    keys, foreign, indexes, triggers = _keys(cursor, table), *_foreign(cursor, table), _triggers(cursor, table)
    columns = ", ".join(_columns(cursor, table))
    cursor.execute(f"CREATE TABLE {table}_new (LIKE {table} INCLUDING ALL EXCLUDING INDEXES) PARTITION BY HASH ({KEY})")
    for number in range(partitions):
        cursor.execute(
            f"CREATE TABLE {table}_p{number} PARTITION OF {table}_new"
            f" FOR VALUES WITH (MODULUS {partitions}, REMAINDER {number})"
        )
    cursor.execute(f"INSERT INTO {table}_new ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {table}")  # noqa: S608
    sequence = _next_of_identity(cursor, table)
    cursor.execute(f"DROP TABLE {table} CASCADE")
    cursor.execute(f"ALTER TABLE {table}_new RENAME TO {table}")
    if sequence:
        column, value = sequence
        cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} RESTART WITH {value}")
    for statement in [*keys, *indexes, *triggers]:
        cursor.execute(statement)
    for key in foreign:
        cursor.execute(_restored(cursor, key))


def _columns(cursor: CursorWrapper, table: str) -> list[str]:
    """Return the columns that are written; the database makes the generated ones."""
    cursor.execute(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def _keys(cursor: CursorWrapper, table: str) -> list[str]:
    """Return the statements that make the primary key and the unique constraints again."""
    cursor.execute(
        """
        SELECT quote_ident(made.conname), made.contype, array_agg(part.attname ORDER BY place.number),
               (SELECT attnotnull FROM pg_attribute WHERE attrelid = made.conrelid AND attname = %s)
        FROM pg_constraint AS made, unnest(made.conkey) WITH ORDINALITY AS place (attnum, number)
        JOIN pg_attribute AS part ON part.attnum = place.attnum
        WHERE made.conrelid = %s::regclass AND part.attrelid = made.conrelid AND made.contype IN ('p', 'u')
        GROUP BY made.oid, made.conname, made.contype, made.conrelid
        """,
        [KEY, table],
    )
    statements = []
    for name, kind, columns, is_always_there in cursor.fetchall():
        if kind == "u" and KEY not in columns:
            raise _in_the_way(table, name)
        parts = ", ".join(columns if KEY in columns else [KEY, *columns])
        word = "PRIMARY KEY" if kind == "p" and is_always_there else "UNIQUE"
        statements.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {word} ({parts})")
    return statements


def _foreign(cursor: CursorWrapper, table: str) -> tuple[list[_ForeignKey], list[str]]:
    """Return the foreign keys from and to the table, and the statements that make its other indexes again."""
    cursor.execute(
        """
        SELECT made.conrelid::regclass::text, quote_ident(made.conname), made.confrelid::regclass::text,
               (SELECT array_agg(attname ORDER BY place) FROM unnest(made.conkey) WITH ORDINALITY AS own (num, place)
                JOIN pg_attribute ON attrelid = made.conrelid AND attnum = num),
               (SELECT array_agg(attname ORDER BY place) FROM unnest(made.confkey) WITH ORDINALITY AS own (num, place)
                JOIN pg_attribute ON attrelid = made.confrelid AND attnum = num),
               regexp_replace(pg_get_constraintdef(made.oid), '^.*REFERENCES [^)]*\\)', '')
        FROM pg_constraint AS made
        WHERE made.contype = 'f' AND made.conparentid = 0
          AND (made.conrelid = %(table)s::regclass OR made.confrelid = %(table)s::regclass)
        """,
        {"table": table},
    )
    foreign = [
        _ForeignKey(owner, name, tuple(columns), target, tuple(target_columns), rest)
        for owner, name, target, columns, target_columns, rest in cursor.fetchall()
    ]
    cursor.execute(
        """
        SELECT pg_get_indexdef(indexrelid), indexrelid::regclass::text, indisunique,
               EXISTS (SELECT FROM pg_attribute WHERE attrelid = indrelid AND attname = %s AND attnum = ANY(indkey))
        FROM pg_index WHERE indrelid = %s::regclass
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
        """,
        [KEY, table],
    )
    indexes = []
    for statement, name, is_unique, has_key in cursor.fetchall():
        if is_unique and not has_key:
            raise _in_the_way(table, name)
        indexes.append(statement)
    return foreign, indexes


def _triggers(cursor: CursorWrapper, table: str) -> list[str]:
    cursor.execute(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
    )
    return [statement for (statement,) in cursor.fetchall()]


def _next_of_identity(cursor: CursorWrapper, table: str) -> tuple[str, int] | None:
    cursor.execute(
        "SELECT attname, pg_get_serial_sequence(%s, attname) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attidentity <> ''",
        [table, table],
    )
    found = cursor.fetchone()
    if found is None:
        return None
    cursor.execute("SELECT nextval(%s)", [found[1]])
    return found[0], int(cursor.fetchone()[0])


def _restored(cursor: CursorWrapper, key: _ForeignKey) -> str:
    """Return the statement that makes a foreign key again, by the loan too where its target is partitioned."""
    columns, target_columns = key.columns, key.target_columns
    if _kind(cursor, key.target) == "p" and KEY not in target_columns:
        columns, target_columns = (KEY, *columns), (KEY, *target_columns)
    return (
        f"ALTER TABLE {key.table} ADD CONSTRAINT {key.name} FOREIGN KEY ({', '.join(columns)})"
        f" REFERENCES {key.target} ({', '.join(target_columns)}){key.rest}"
    )


def _in_the_way(table: str, name: str) -> UniqueOverAllLoans:
    return UniqueOverAllLoans(
        _("%(name)s of %(table)s is unique over all loans. Leave the table whole."),
        params={"name": name, "table": table},
    )


def partitions_of(table: str) -> Iterator[str]:
    """Yield the names of the partitions of a table, none of a whole one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1", [table]
        )
        yield from (name for (name,) in cursor.fetchall())
