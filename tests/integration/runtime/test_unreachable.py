"""A server that does not answer is told in one sentence, wherever it is met."""

import pytest

from tests.integration.runtime.processes import call

NOWHERE = {"DATABASE_URL": "postgres://dashu:secret-word@127.0.0.1:9/dashu"}


class TestDatabaseDown:
    @pytest.mark.parametrize("words", [("manage.py", "showmigrations"), ("manage.py", "close_day")], ids=" ".join)
    def test_a_management_command_says_what_to_do(self, tmp_path, words):
        result = call(*words, home=tmp_path, **NOWHERE)

        assert result.returncode == 1
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("database_unreachable: The database at 127.0.0.1:9 cannot be used")
        assert "correct or unset DATABASE_URL" in result.stderr
        assert "secret-word" not in result.stderr

    def test_a_command_in_a_home_that_is_not_started_says_how_to_start_it(self, tmp_path):
        result = call("manage.py", "showmigrations", home=tmp_path)

        assert result.returncode == 1
        assert result.stderr.endswith("Start Dashu with script/server and try again.\n")

    def test_the_server_does_not_start_and_leaves_nothing_running(self, tmp_path):
        result = call("-m", "dashu.runtime", "server", home=tmp_path, **NOWHERE)

        assert result.returncode == 1
        assert result.stderr.startswith("database_unreachable: ")
        assert "Traceback" not in result.stderr
        assert (tmp_path / "run" / "services.json").exists() is False


class TestRedisDown:
    def test_the_server_says_what_to_do(self, tmp_path):
        result = call("-m", "dashu.runtime", "server", home=tmp_path, REDIS_URL="redis://:secret-word@127.0.0.1:9/0")

        assert result.returncode == 1
        assert result.stderr.startswith("redis_unreachable: The Redis server at 127.0.0.1:9 does not answer.")
        assert "secret-word" not in result.stderr
