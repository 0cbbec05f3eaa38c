"""script/server, from the first start through kills of its parts to a clean stop; one long story, told in order."""

import json
import os
import signal
import urllib.error
import urllib.request

import psutil
import pytest

from tests.integration.runtime import processes
from tests.integration.runtime.processes import addresses, call, postgres_pid, until

# The demo book has tests of its own.
EMPTY = {"DASHU_DEMO": "0"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("server") / "a home"


@pytest.fixture(scope="module")
def supervisor(home):
    """A server that follows upon one that was killed with all its parts left running."""
    first = start(home, lambda: len(parts_of(home)) == 2)
    first.kill()
    first.wait()
    left = parts_of(home)
    second = start(home, lambda: len(parts_of(home)) == 3 and parts_of(home) != left and is_ready(home))
    yield second
    if second.poll() is None:
        second.terminate()
        second.wait(30)


def start(home, is_up):
    process = processes.start("-m", "dashu.runtime", "server", home=home, **EMPTY)
    until(lambda: process.poll() is not None or is_up())
    assert process.poll() is None, output_of(home)
    return process


def output_of(home):
    return (home.parent / "output.txt").read_text()


def noted(home):
    path = home / "run" / "server.json"
    return json.loads(path.read_text()) if path.exists() else {"url": None, "children": []}


def url_of(home):
    return noted(home)["url"]


def parts_of(home):
    return [child["pid"] for child in noted(home)["children"]]


def is_ready(home):
    try:
        with urllib.request.urlopen(f"{url_of(home)}readyz", timeout=30) as response:  # noqa: S310
            return json.load(response) == {"status": "ready"}
    except (urllib.error.URLError, OSError, ValueError):
        return False


def test_a_start_after_a_kill_ends_the_parts_that_were_left(home, supervisor):
    until(lambda: f"Dashu is at {url_of(home)} (" in output_of(home))

    assert "Ended 2 processes of a start that was killed" in output_of(home)


def test_a_second_server_in_the_same_home_is_refused(home, supervisor):
    result = call("-m", "dashu.runtime", "server", home=home)

    assert result.returncode == 1
    assert result.stderr.startswith(f"already_running: Dashu already runs in {home} at {url_of(home)}.")


def test_parts_that_are_killed_are_started_again_while_requests_wait(home, supervisor):
    web, worker, beat = parts_of(home)

    os.kill(web, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)

    until(lambda: len(parts_of(home)) == 3 and not {web, worker} & set(parts_of(home)))
    assert is_ready(home)
    assert beat in parts_of(home)


def test_postgres_that_is_killed_runs_again_at_the_same_address(home, supervisor):
    address, server = addresses(home)["DATABASE_URL"], postgres_pid(home)

    os.kill(server, signal.SIGKILL)

    until(lambda: postgres_pid(home) not in (None, server) and is_ready(home))
    assert addresses(home)["DATABASE_URL"] == address


def test_a_stop_leaves_nothing_behind(home, supervisor):
    parts, server = parts_of(home), postgres_pid(home)

    supervisor.send_signal(signal.SIGINT)

    assert supervisor.wait(60) == 0
    assert [pid for pid in (*parts, server) if psutil.pid_exists(pid)] == []
    assert addresses(home) == {}
    assert (home / "run" / "server.json").exists() is False
