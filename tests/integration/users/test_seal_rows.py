"""Rows that are sealed by a migration while the lender goes on working."""

import psycopg2
import pytest
from django.db import connection

from dashu.users.models import Borrower
from dashu.users.seal_rows import rewrite_rows
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_written_meanwhile_is_not_lost(transactional_db):
    borrower = factories.borrower("Amina")
    tried = []

    def make(_email):
        """Between reading and writing, somebody else wants to write the same row."""
        with psycopg2.connect(**connection.get_connection_params()) as other, other.cursor() as cursor:
            try:
                cursor.execute("SET lock_timeout = '50ms'; UPDATE users_borrower SET email = 'new@example.com'")
                tried.append("written in between")
            except psycopg2.errors.LockNotAvailable:
                tried.append("waits")
        return ("sealed@example.com",)

    read = {"read": ["email"], "write": ["email"], "where": "email <> 'sealed@example.com'"}
    assert rewrite_rows("users_borrower", **read, make=make) == 1

    assert tried == ["waits"]
    assert Borrower.objects.get(pk=borrower.pk).email == "sealed@example.com"
