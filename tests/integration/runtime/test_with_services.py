"""The embedded servers are started, found, shared and stopped, whatever became of those before."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.integration.runtime import processes
from tests.integration.runtime.processes import addresses, postgres_pid, until, with_services

ASK_BOTH = (
    "import os, psycopg2, redis;"
    "cursor = psycopg2.connect(os.environ['DATABASE_URL']).cursor();"
    "cursor.execute('select current_database()');"
    "print(cursor.fetchone()[0], redis.from_url(os.environ['REDIS_URL']).ping())"
)
WRITE = (
    "import os, psycopg2;"
    "db = psycopg2.connect(os.environ['DATABASE_URL']); db.autocommit = True;"
    "db.cursor().execute('create table kept as select 42 as answer')"
)
READ = (
    "import os, psycopg2;"
    "cursor = psycopg2.connect(os.environ['DATABASE_URL']).cursor();"
    "cursor.execute('select answer from kept'); print(cursor.fetchone()[0])"
)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "a home, with spaces"


@pytest.fixture
def holder(home):
    """A command that uses the servers until the test ends."""
    process = processes.start("-m", "dashu.runtime", "with-services", "--", "sleep", "60", home=home)
    until(lambda: addresses(home))
    yield process
    if process.poll() is None:
        process.terminate()
        process.wait(30)


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class TestOneCommand:
    def test_finds_both_servers_and_leaves_nothing_running(self, home):
        result = with_services(sys.executable, "-c", ASK_BOTH, home=home)

        assert (result.stdout, result.returncode) == ("dashu True\n", 0)
        assert postgres_pid(home) is None
        assert addresses(home) == {}

    def test_returns_the_commands_exit_code(self, home):
        assert with_services("sh", "-c", "exit 7", home=home).returncode == 7

    def test_keeps_the_password_to_its_owner(self, home):
        with_services("true", home=home)

        assert (home / "password").stat().st_mode & 0o777 == 0o600
        assert (home / "run" / "valkey.conf").stat().st_mode & 0o777 == 0o600

    def test_uses_the_servers_that_are_set_and_starts_none(self, home):
        show = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
        given = {"DATABASE_URL": "postgres://db.example/x", "REDIS_URL": "redis://redis.example/0"}

        result = with_services(sys.executable, "-c", show, home=home, **given)

        assert result.stdout == "postgres://db.example/x redis://redis.example/0\n"
        assert (home / "pg").exists() is False


class TestPorts:
    def test_can_be_set(self, home):
        port, other = free_port(), free_port()
        show = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"

        settings = {"DASHU_PG_PORT": str(port), "DASHU_REDIS_PORT": str(other)}
        database, redis = with_services(sys.executable, "-c", show, home=home, **settings).stdout.split()

        assert f"@127.0.0.1:{port}/dashu" in database
        assert f"@127.0.0.1:{other}/0" in redis

    def test_refuses_one_that_is_taken(self, home, taken_port):
        result = with_services("true", home=home, DASHU_PG_PORT=str(taken_port))

        assert result.returncode == 1
        assert result.stderr.startswith(f"port_taken: Port {taken_port} is in use")

    def test_refuses_one_that_is_none(self, home):
        result = with_services("true", home=home, DASHU_REDIS_PORT="70000")

        assert result.returncode == 1
        assert result.stderr.startswith("port_invalid: DASHU_REDIS_PORT must be a port")


class TestSharing:
    def test_a_second_command_uses_the_same_servers_and_leaves_them_running(self, home, holder):
        server = postgres_pid(home)
        show = "import os; print(os.environ['DATABASE_URL'])"

        result = with_services(sys.executable, "-c", show, home=home)

        assert result.stdout.strip() == addresses(home)["DATABASE_URL"]
        assert postgres_pid(home) == server

    def test_two_homes_have_servers_of_their_own(self, home, holder, tmp_path):
        other = tmp_path / "other"

        result = with_services(sys.executable, "-c", ASK_BOTH, home=other)

        assert result.stdout == "dashu True\n"
        assert (home / "password").read_text() != (other / "password").read_text()
        assert postgres_pid(home) is not None

    def test_sigterm_ends_the_command_and_the_servers(self, home, holder):
        holder.terminate()

        assert holder.wait(30) == 128 + signal.SIGTERM
        assert postgres_pid(home) is None


class TestAfterAKill:
    def test_of_the_command_the_next_one_finds_the_servers(self, home, holder):
        server = postgres_pid(home)
        holder.kill()
        holder.wait()

        result = with_services(sys.executable, "-c", ASK_BOTH, home=home)

        assert result.stdout == "dashu True\n"
        assert psutil.pid_exists(server) is False

    def test_of_postgres_the_data_is_kept(self, home, holder):
        with_services(sys.executable, "-c", WRITE, home=home)
        os.kill(postgres_pid(home), signal.SIGKILL)

        result = with_services(sys.executable, "-c", READ, home=home)

        assert (result.stdout, result.returncode) == ("42\n", 0)

    def test_a_number_that_another_program_has_now_is_not_believed(self, home):
        with_services(sys.executable, "-c", WRITE, home=home)
        other = subprocess.Popen(["sleep", "60"])
        try:
            stale = [str(other.pid), str(home / "pg"), "1700000000", "5432", "", "127.0.0.1", "  1 2", "ready"]
            (home / "pg" / "postmaster.pid").write_text("\n".join(stale) + "\n")

            result = with_services(sys.executable, "-c", READ, home=home)

            assert (result.stdout, result.returncode) == ("42\n", 0)
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()

    def test_a_data_folder_half_made_is_made_anew(self, home):
        (home / "pg.new").mkdir(parents=True)
        (home / "pg.new" / "PG_VERSION").write_text("18")

        assert with_services(sys.executable, "-c", ASK_BOTH, home=home).stdout == "dashu True\n"

    def test_a_lost_password_is_replaced(self, home):
        with_services(sys.executable, "-c", WRITE, home=home)
        (home / "password").unlink()

        assert with_services(sys.executable, "-c", READ, home=home).stdout == "42\n"


class TestHome:
    def test_that_cannot_be_written_is_refused_with_what_to_do(self, tmp_path):
        (tmp_path / "file").write_text("")

        result = with_services("true", home=tmp_path / "file" / "home")

        assert result.returncode == 1
        assert result.stderr.startswith("home_not_writable: The data folder")
        assert "Set DASHU_HOME" in result.stderr

    def test_moves_with_its_data(self, home, tmp_path):
        with_services(sys.executable, "-c", WRITE, home=home)
        moved = tmp_path / "elsewhere"
        Path(home).rename(moved)

        assert with_services(sys.executable, "-c", READ, home=moved).stdout == "42\n"


class TestNoted:
    def test_the_addresses_are_for_this_user_only(self, home, holder):
        path = home / "run" / "services.json"

        assert path.stat().st_mode & 0o777 == 0o600
        assert set(json.loads(path.read_text())) == {"DATABASE_URL", "REDIS_URL"}
