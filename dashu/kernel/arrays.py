"""Columns of many rows for one statement, as PostgreSQL reads them fastest."""

from collections.abc import Iterable
from datetime import date


def array_text(values: Iterable[int | str | date | None]) -> str:
    """
    Return values as the text of a PostgreSQL array: `{1,NULL,"a"}`, to be cast as in `%s::bigint[]`.

    A list would reach the server as the expression ARRAY[…], which it parses element by element; for a hundred rows
    that takes longer than to write them. COPY takes this form too.
    """
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: int | str | date | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)  # of a date, its ISO form
