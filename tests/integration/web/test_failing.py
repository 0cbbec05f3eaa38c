"""What the site answers while the database is away, full or slow; of the API, see test_record_payment.py."""

import psycopg2
import pytest
import redis
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test import Client
from psycopg2 import errorcodes

from dashu.passing import RETRY_SECONDS, limit_statements, passes
from dashu.users.models import User


@pytest.fixture
def away(django_db_blocker):
    """The database refuses each statement as one that is being stopped does."""

    def refuse(*_arguments):
        raise OperationalError("terminating connection") from psycopg2.OperationalError("terminating connection")

    with django_db_blocker.unblock(), connection.execute_wrapper(refuse):
        yield


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


class TestPasses:
    @pytest.mark.django_db
    @pytest.mark.parametrize("code", [
        errorcodes.DISK_FULL, errorcodes.TOO_MANY_CONNECTIONS, errorcodes.QUERY_CANCELED, errorcodes.ADMIN_SHUTDOWN,
        errorcodes.CRASH_SHUTDOWN, errorcodes.CANNOT_CONNECT_NOW, errorcodes.LOCK_NOT_AVAILABLE,
        errorcodes.DEADLOCK_DETECTED, errorcodes.SERIALIZATION_FAILURE, errorcodes.READ_ONLY_SQL_TRANSACTION,
        errorcodes.CONNECTION_FAILURE,
    ])  # fmt: skip
    def test_what_the_server_says_of_itself(self, code):
        assert passes(raised(code))

    @pytest.mark.django_db
    @pytest.mark.parametrize("code", [
        errorcodes.UNIQUE_VIOLATION, errorcodes.UNDEFINED_TABLE, errorcodes.CHECK_VIOLATION, errorcodes.SYNTAX_ERROR,
        errorcodes.IN_FAILED_SQL_TRANSACTION, errorcodes.RAISE_EXCEPTION,
    ])  # fmt: skip
    def test_not_what_is_wrong_with_what_was_asked(self, code):
        assert not passes(raised(code))

    def test_a_connection_that_never_came_or_is_gone(self):
        assert passes(OperationalError("connection refused"))
        assert passes(InterfaceError("connection already closed"))
        assert not passes(InterfaceError("cursor already closed"))

    def test_a_redis_that_does_not_answer(self):
        assert passes(redis.exceptions.TimeoutError("Timeout reading from socket"))
        assert passes(redis.exceptions.ConnectionError("Connection refused"))
        assert not passes(redis.exceptions.ResponseError("WRONGTYPE"))

    def test_what_was_raised_because_of_it(self):
        error = RuntimeError("could not look")
        error.__cause__ = OperationalError("connection refused")

        assert passes(error)
        assert not passes(RuntimeError("a mistake of ours"))


def raised(code: str) -> BaseException:
    """Return what comes of a statement that the server ends with this code."""
    with pytest.raises(Exception) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'so' USING ERRCODE = '{code}'; END $$")
    return caught.value


@pytest.mark.django_db
class TestPages:
    @pytest.mark.usefixtures("away")
    @pytest.mark.parametrize("address", ["/", "/me/", "/admin/"])
    def test_ask_to_come_again(self, browser, address):
        browser.cookies["sessionid"] = "somebodys"

        answer = browser.get(address)

        assert (answer.status_code, answer["Retry-After"]) == (503, str(RETRY_SECONDS))
        assert answer["Cache-Control"] == "no-store"
        assert "Please come again in a moment" in answer.content.decode()

    @pytest.mark.usefixtures("away")
    def test_lead_back_to_where_one_was(self, browser):
        browser.cookies["sessionid"] = "somebodys"

        page = browser.get("/me/?month=2026-05").content.decode()

        assert 'href="/me/?month=2026-05"' in page

    @pytest.mark.usefixtures("away")
    def test_lead_nowhere_else(self, browser):
        browser.cookies["sessionid"] = "somebodys"

        page = browser.get("/", PATH_INFO="//elsewhere.example/").content.decode()

        assert 'href="/%2Felsewhere.example/"' in page

    def test_of_what_was_sent_send_nothing_again(self, browser, amina, monkeypatch):
        amina.user.language = "en"
        amina.user.save()
        browser.force_login(amina.user)
        monkeypatch.setattr("dashu.web.views.User.objects.filter", gone)

        answer = browser.post("/language/", {"language": "en"})

        assert answer.status_code == 503
        assert "a payment is never taken twice" in answer.content.decode()
        assert 'href="/"' in answer.content.decode()

    def test_a_nul_that_reaches_the_database_is_the_senders(self, browser, amina, monkeypatch):
        browser.force_login(amina.user)
        monkeypatch.setattr(
            "dashu.web.views.User.objects.filter", lambda **_how: User.objects.get(email="a\0b@example.com")
        )

        assert browser.post("/language/", {"language": "en"}).status_code == 400

    def test_a_mistake_of_ours_stays_one(self, browser, amina, monkeypatch):
        browser.force_login(amina.user)
        monkeypatch.setattr("dashu.web.views.User.objects.filter", broken)

        assert browser.post("/language/", {"language": "en"}).status_code == 500


def gone(*_args, **_how):
    raise OperationalError("server closed the connection unexpectedly") from psycopg2.OperationalError("closed")


def broken(*_args, **_how):
    raise RuntimeError("a mistake of ours")


@pytest.mark.django_db
class TestLimits:
    def test_a_statement_of_the_web_server_is_cut_off(self, settings, monkeypatch):
        settings.STATEMENT_SECONDS = 7
        monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"options": "-c jit=off"})

        limit_statements()

        assert connection.settings_dict["OPTIONS"]["options"] == "-c jit=off -c statement_timeout=7s"
        fresh = psycopg2.connect(**connection.get_connection_params())
        with fresh.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("7s",)
        fresh.close()

    def test_nothing_is_cut_off_where_the_pool_limits(self, settings, monkeypatch):
        settings.STATEMENT_SECONDS = 0
        monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})

        limit_statements()

        assert connection.settings_dict["OPTIONS"] == {}
