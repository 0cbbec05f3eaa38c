"""
Seal every protected field anew with the key in front.

Rows are taken in batches by primary key, each batch in a transaction of its own; which rows are left follows from the
key that stands before each value, so a run that was cut short is simply run again. Apps above that keep sealed files
register what seals those anew.

What a row says stays the same, so this is the one change that guards of kept rows let through: they ask for the
setting `dashu.resealing` (see `let_seal_anew`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from psycopg2 import sql

from dashu.audit import services as audit
from dashu.users.sealing import (
    CannotOpen,
    SealedBytes,
    SealedJSON,
    SealedText,
    current_prefix,
    open_sealed,
    open_sealed_bytes,
    seal,
    seal_bytes,
)

BATCH = 500
SealedField = SealedText | SealedJSON | SealedBytes


@dataclass(slots=True)
class Rotated:
    """
    :param resealed: values that have the key in front now.
    :param unreadable: "table.column id" of each value, or name of each file, that no key opens; left as it is.
    """

    resealed: int = 0
    unreadable: list[str] = field(default_factory=list)


ResealFiles = Callable[[], tuple[int, list[str]]]
_FILES: list[ResealFiles] = []


def register_files(reseal: ResealFiles) -> None:
    """:param reseal: seals files anew; returns how many, and a name for each that no key opens."""
    _FILES.append(reseal)


def rotate_field_keys(*, actor: str, batch: int = BATCH) -> Rotated:
    """Return what was done; a second run does nothing."""
    rotated = Rotated()
    for column in sealed_fields():
        after = None
        while rows := _next_rows(column, after, batch):
            _reseal(column, rows, rotated)
            after = rows[-1][:-1]
    for reseal in _FILES:
        resealed, unreadable = reseal()
        rotated.resealed += resealed
        rotated.unreadable += unreadable
    if rotated.resealed:
        audit.record(
            action="users.field_keys_rotated",
            subject_type="field_key",
            subject_id=current_prefix().rstrip("."),
            actor=actor,
            data={"resealed": rotated.resealed, "unreadable": len(rotated.unreadable)},
        )
    return rotated


def sealed_fields() -> Iterator[SealedField]:
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            yield from (column for column in model._meta.local_fields if isinstance(column, SealedField))


def let_seal_anew() -> None:
    """Until the transaction ends, let guards of kept rows take sealed values that were sealed anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('dashu.resealing', 'on', true)")


def _next_rows(column: SealedField, after: Sequence[Any] | None, batch: int) -> list[tuple[Any, ...]]:
    """Return the next rows that another key seals: their primary key, then the value."""
    current: Any = current_prefix()
    is_current = sql.SQL("starts_with({column}, %(current)s)")
    if isinstance(column, SealedBytes):
        current = current.encode()
        is_current = sql.SQL("substring({column} FROM 1 FOR length(%(current)s)) = %(current)s")
    query = sql.SQL(
        "SELECT {keys}, {column} FROM {table} WHERE {later} AND NOT {is_current} AND length({column}) > 0"
        " ORDER BY {keys} LIMIT %(batch)s"
    )
    later: sql.Composable = sql.SQL("true")
    if after is not None:
        later = sql.SQL("({keys}) > ({after})").format(
            keys=_names(column)["keys"], after=sql.SQL(", ").join(sql.Literal(one) for one in after)
        )
    with connection.cursor() as cursor:
        names = _names(column)
        cursor.execute(
            query.format(later=later, is_current=is_current.format(**names), **names),
            {"current": current, "batch": batch},
        )
        return cursor.fetchall()


@transaction.atomic
def _reseal(column: SealedField, rows: list[tuple[Any, ...]], rotated: Rotated) -> None:
    let_seal_anew()
    # Somebody may write the row meanwhile: what they wrote is newer, and sealed with a key of this moment.
    query = sql.SQL("UPDATE {table} SET {column} = %s WHERE ({keys}) = ({places}) AND {column} = %s").format(
        places=sql.SQL(", ").join(sql.Placeholder() for _one in rows[0][:-1]), **_names(column)
    )
    with connection.cursor() as cursor:
        for *key, old in rows:
            try:
                new = _sealed_anew(column, old)
            except CannotOpen:
                rotated.unreadable.append(f"{column.place} {' '.join(str(one) for one in key)}")
                continue
            cursor.execute(query, [new, *key, old])
            rotated.resealed += cursor.rowcount


def _sealed_anew(column: SealedField, old: Any) -> Any:
    if isinstance(column, SealedBytes):
        return seal_bytes(open_sealed_bytes(bytes(old), place=column.place), place=column.place)
    return seal(open_sealed(old, place=column.place), place=column.place)


def _names(column: SealedField) -> dict[str, sql.Composable]:
    facts: Any = column.model._meta
    return {
        "table": sql.Identifier(facts.db_table),
        "keys": sql.SQL(", ").join(sql.Identifier(key.column) for key in facts.pk_fields),
        "column": sql.Identifier(facts.get_field(column.name).column),
    }
