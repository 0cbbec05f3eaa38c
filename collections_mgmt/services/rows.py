"""Rows of a statement by the names of its columns."""

from typing import Any

from django.db.backends.utils import CursorWrapper


def named_rows(cursor: CursorWrapper) -> list[dict[str, Any]]:
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
