"""The database itself leads from nothing that decides on credit to what people learned."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def found(statement: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
    WHERE contype = 'f' AND confrelid::regclass::text LIKE 'education\\_%'
      AND conrelid::regclass::text NOT LIKE 'education\\_%'
"""
FUNCTIONS = "SELECT proname FROM pg_proc WHERE prosrc ILIKE '%education\\_%'"
VIEWS = "SELECT viewname FROM pg_views WHERE definition ILIKE '%education\\_%'"
TRIGGERS = "SELECT tgname FROM pg_trigger WHERE tgrelid::regclass::text LIKE 'education\\_%' AND NOT tgisinternal"


@pytest.mark.parametrize("statement", [FOREIGN_KEYS, FUNCTIONS, VIEWS, TRIGGERS])
def test_nothing_leads_there(statement):
    assert found(statement) == []


def test_what_did_would_be_found():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE loans_spy (lesson bigint REFERENCES education_learningmoment)")
        cursor.execute("CREATE VIEW loans_seen AS SELECT count(*) FROM education_quizanswer")
        cursor.execute(
            "CREATE FUNCTION loans_look() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM education_repeat'"
        )

    assert found(FOREIGN_KEYS) == [("loans_spy", "education_learningmoment")]
    assert (found(VIEWS), found(FUNCTIONS)) == ([("loans_seen",)], [("loans_look",)])
