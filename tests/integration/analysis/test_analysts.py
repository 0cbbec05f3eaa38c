"""The role of an analyst, tried from a session of its own: what it reads, and that it reads and writes nothing else."""

import json
from io import StringIO
from urllib.parse import quote

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg2 import errors

from dashu.analysis import open_book
from dashu.analysis.analysts import InvalidAnalyst, UnknownAnalyst, make_analyst, revoke_analyst
from dashu.analysis.frames import FRAMES
from dashu.analysis.views import drop_before_migrate, write_views
from dashu.audit.models import AuditRecord
from loans.models import Loan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def name(worker_id) -> str:
    """Roles are the server's, not the database's: each process of the tests has its own."""
    return f"lin_{worker_id}"


@pytest.fixture
def made(name):
    role, password = make_analyst(name, actor="system:test")
    yield role, password
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone():
            revoke_analyst(name, actor="system:test")


def address_of(role: str, password: str) -> str:
    held = connection.settings_dict
    return f"postgresql://{role}:{quote(password)}@{held['HOST']}:{held['PORT']}/{held['NAME']}"


@pytest.fixture
def session(made):
    opened = psycopg2.connect(address_of(*made))
    opened.autocommit = True
    yield opened
    opened.close()


def asked(session, statement: str):
    with session.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


class TestReading:
    @pytest.mark.parametrize("view", FRAMES)
    def test_every_view_is_open(self, session, view):
        assert asked(session, f"SELECT count(*) FROM analysis.{view}") is not None

    def test_every_table_is_closed(self, session):
        """All of them, sealed columns, ledger, users and the key of the pseudonyms among them."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT schemaname, tablename FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            )
            tables = cursor.fetchall()
        assert {("public", "users_borrower"), ("public", "ledger_posting"), ("analysis_private", "pseudonym_key")} < {
            *tables
        }

        for schema, table in tables:
            with pytest.raises(errors.InsufficientPrivilege):
                asked(session, f'SELECT 1 FROM "{schema}"."{table}" LIMIT 1')

    def test_of_sealed_columns_is_refused(self, session):
        for statement in (
            "SELECT name FROM users_borrower",
            "SELECT password FROM users_user",
            "TABLE collections_mgmt_loanmonth",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                asked(session, statement.replace("FROM ", "FROM public.").replace("TABLE ", "TABLE public."))

    def test_is_what_open_book_does_with_the_address(self, loan, made):
        frame = open_book(address_of(*made)).frame("loans")

        assert frame["loan_id"].tolist() == [loan.pk]
        parts = open_book(address_of(*made)).chunks("installments", rows=5)
        assert len(next(parts)) == 5
        parts.close()

    def test_begins_with_bounds(self, session):
        assert asked(session, "SHOW statement_timeout") == [("5min",)]
        assert asked(session, "SHOW default_transaction_read_only") == [("on",)]


class TestWriting:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE public.loans_loan SET principal_minor = 1",
            "DELETE FROM analysis.loans",
            "INSERT INTO analysis.allocations VALUES (1, 1, 1, 1, 1)",
            "CREATE TABLE public.mine (id int)",
            "CREATE TABLE analysis.mine (id int)",
            "CREATE SCHEMA mine",
            "DROP VIEW analysis.loans",
            "ALTER ROLE CURRENT_USER SUPERUSER",
            "CREATE ROLE another",
            "COPY (SELECT 1) TO PROGRAM 'true'",
        ],
    )
    def test_is_refused_also_where_the_session_allows_itself_to_write(self, loan, session, statement):
        asked(session, "SET default_transaction_read_only = off")

        with pytest.raises((errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState)):
            asked(session, statement)

        assert Loan.objects.get().principal_minor == 12_000_00


class TestPassword:
    def test_is_told_once_and_renewed_by_asking_again(self, name, made):
        out = StringIO()

        call_command("make_analyst", name, stdout=out)

        told = json.loads(out.getvalue())
        assert told["role"] == made[0] == f"analyst_{name}"
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(address_of(*made))
        psycopg2.connect(address_of(made[0], told["password"])).close()
        noted = AuditRecord.objects.filter(subject_type="analyst").order_by("pk")
        assert [record.action for record in noted] == ["analysis.analyst_made", "analysis.password_renewed"]
        assert told["password"] not in str([record.data for record in noted])

    def test_reaches_the_server_as_what_it_is_checked_by_only(self, name, made, django_assert_num_queries):
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [made[0]])
            (held,) = cursor.fetchone()

        assert held.startswith("SCRAM-SHA-256$")
        assert made[1] not in held


class TestRevoking:
    def test_ends_sessions_and_the_role(self, name, made, session):
        out = StringIO()

        call_command("make_analyst", name, "--revoke", stdout=out)

        assert json.loads(out.getvalue()) == {"revoked": made[0]}
        with pytest.raises(psycopg2.Error):
            asked(session, "SELECT count(*) FROM analysis.loans")
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(address_of(*made))

    def test_of_nobody_is_refused(self, name):
        with pytest.raises(UnknownAnalyst):
            revoke_analyst(name, actor="system:test")

    @pytest.mark.parametrize("wrong", ["", "Lin", "lin;drop", 'lin"', "1lin", "postgres "])
    def test_and_making_take_no_other_names(self, wrong):
        with pytest.raises(InvalidAnalyst):
            make_analyst(wrong, actor="system:test")
        with pytest.raises(InvalidAnalyst):
            revoke_analyst(wrong, actor="system:test")

    def test_tells_a_refusal_as_json(self, name):
        out = StringIO()

        with pytest.raises(SystemExit):
            call_command("make_analyst", name, "--revoke", stdout=out)

        assert json.loads(out.getvalue())["error"]["code"] == "unknown_analyst"


class TestMigrating:
    def test_takes_the_views_away_and_gives_them_back_to_who_had_them(self, session):
        drop_before_migrate(plan=["something to migrate"])
        with pytest.raises(errors.UndefinedTable):
            asked(session, "SELECT 1 FROM analysis.loans")

        write_views()

        assert asked(session, "SELECT count(*) FROM analysis.loans") == [(0,)]

    def test_writes_anew_what_went_with_a_table(self, session):
        with connection.cursor() as cursor:
            cursor.execute("DROP VIEW analysis.overdue_changes")

        write_views()

        assert asked(session, "SELECT count(*) FROM analysis.overdue_changes") == [(0,)]

    def test_of_nothing_leaves_them(self, session):
        drop_before_migrate(plan=[])

        assert asked(session, "SELECT count(*) FROM analysis.loans") == [(0,)]
