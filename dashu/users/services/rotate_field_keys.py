"""
Seal every protected field anew with the key in front.

Rows are taken in batches by primary key, each batch in a transaction of its own; which rows are left follows from the
key that stands before each value, so a run that was cut short is simply run again. Apps above that keep sealed files
register what seals those anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from psycopg2 import sql

from dashu.audit import services as audit
from dashu.users.sealing import CannotOpen, SealedText, current_prefix, open_sealed, seal

BATCH = 500


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
            after = rows[-1][0]
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


def sealed_fields() -> Iterator[SealedText]:
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            yield from (column for column in model._meta.local_fields if isinstance(column, SealedText))


def _next_rows(column: SealedText, after: Any, batch: int) -> list[tuple[Any, str]]:
    query = sql.SQL(
        "SELECT {key}, {column} FROM {table} WHERE (%(after)s IS NULL OR {key} > %(after)s)"
        " AND NOT starts_with({column}, %(current)s) ORDER BY {key} LIMIT %(batch)s"
    ).format(**_names(column))
    with connection.cursor() as cursor:
        cursor.execute(query, {"after": after, "current": current_prefix(), "batch": batch})
        return cursor.fetchall()


@transaction.atomic
def _reseal(column: SealedText, rows: list[tuple[Any, str]], rotated: Rotated) -> None:
    # Somebody may write the row meanwhile: what they wrote is newer, and sealed with a key of this moment.
    query = sql.SQL("UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s").format(**_names(column))
    with connection.cursor() as cursor:
        for key, old in rows:
            try:
                text = open_sealed(old, place=column.place)
            except CannotOpen:
                rotated.unreadable.append(f"{column.place} {key}")
                continue
            cursor.execute(query, [seal(text, place=column.place), key, old])
            rotated.resealed += cursor.rowcount


def _names(column: SealedText) -> dict[str, sql.Identifier]:
    facts: Any = column.model._meta
    return {
        "table": sql.Identifier(facts.db_table),
        "key": sql.Identifier(facts.pk.column),
        "column": sql.Identifier(facts.get_field(column.name).column),
    }
