"""A server that does not answer is told in one sentence, wherever it is met."""

import json

import pytest

from tests.integration.faults.parts import url_of_database
from tests.integration.runtime.processes import call

NOWHERE = {"DATABASE_URL": "postgres://dashu:secret-word@127.0.0.1:9/dashu"}


class TestDatabaseDown:
    def test_a_management_command_says_what_to_do(self, tmp_path):
        result = call("manage.py", "load_policy", home=tmp_path, **NOWHERE)

        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("database_unreachable: The database at 127.0.0.1:9 cannot be used")
        assert "correct or unset DATABASE_URL" in result.stderr
        assert "secret-word" not in result.stderr

    def test_a_command_that_speaks_json_says_it_in_json(self, tmp_path):
        result = call("manage.py", "close_day", home=tmp_path, **NOWHERE)

        error = json.loads(result.stdout)["error"]
        assert (result.returncode, result.stderr) == (1, "")
        assert (error["code"], error["field"]) == ("database_unreachable", None)

    def test_the_server_does_not_start_and_leaves_nothing_running(self, tmp_path):
        result = call("-m", "dashu.runtime", "server", home=tmp_path, **NOWHERE)

        assert result.returncode == 1
        assert result.stderr.startswith("database_unreachable: ")
        assert "Traceback" not in result.stderr
        assert (tmp_path / "run" / "services.json").exists() is False


@pytest.mark.django_db(transaction=True)
class TestRedisDown:
    def test_the_server_says_what_to_do(self, tmp_path):
        there = {"DATABASE_URL": url_of_database(), "REDIS_URL": "redis://:secret-word@127.0.0.1:9/0"}

        result = call("-m", "dashu.runtime", "server", home=tmp_path, **there)

        assert result.returncode == 1
        assert result.stderr.startswith("redis_unreachable: The Redis server at 127.0.0.1:9 does not answer.")
        assert "secret-word" not in result.stderr
