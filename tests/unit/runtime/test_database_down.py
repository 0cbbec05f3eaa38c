import psycopg2
import psycopg2.errors
from django.db import OperationalError

from dashu.runtime.database_down import refusal_for


def raised(cause: Exception) -> OperationalError:
    """Return the error as Django raises it for the driver's."""
    error = OperationalError(*cause.args)
    error.__cause__ = cause
    return error


class TestRefusalFor:
    def test_a_connection_that_failed_is_told_with_what_to_do(self, monkeypatch):
        monkeypatch.delenv("DATABASE_URL", raising=False)

        refusal = refusal_for(raised(psycopg2.OperationalError("connection refused\n\tIs the server running?")))

        assert refusal.code == "database_unreachable"
        assert refusal.message.endswith("(connection refused). Start Dashu with script/server and try again.")

    def test_a_connection_that_was_set_is_told_with_its_variable(self, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgres://dashu:word@db.example/dashu")

        refusal = refusal_for(raised(psycopg2.OperationalError("connection refused")))

        assert "correct or unset DATABASE_URL (host db.example)" in refusal.message

    def test_a_refusal_by_the_server_is_another_matter(self, monkeypatch):
        class Deadlock(psycopg2.errors.DeadlockDetected):
            pgcode = "40P01"

        assert refusal_for(raised(Deadlock("deadlock detected"))) is None

    def test_a_mistake_of_ours_is_another_matter(self):
        assert refusal_for(ValueError("no")) is None
