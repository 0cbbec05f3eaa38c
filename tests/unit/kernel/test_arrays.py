"""Text of arrays, as the server reads it."""

from datetime import date

import pytest
from django.db import connection

from dashu.kernel.arrays import array_text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [1, None, -(2**63)]),
        ("date", [date(2026, 2, 28), None]),
        ("text", ["", "NULL", 'a "b" \\ {c,d}', "结清\n ", None]),
        ("text", []),
    ],
)
def test_the_server_reads_what_was_written(kind, values):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unnest(%s::{kind}[])", [array_text(values)])
        assert [value for (value,) in cursor.fetchall()] == values
