import subprocess
import sys
import time

import psutil
import pytest

from dashu.runtime import children
from dashu.runtime.children import Child
from dashu.runtime.home import Home

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)",
]


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "a home")
    home.prepare()
    return home


@pytest.fixture
def started(home):
    """Start parts and end them after the test."""
    parts = []

    def start(command, name="web"):
        part = Child(name, command, home)
        part.start({})
        parts.append(part)
        return part

    yield start
    children.stop_all(parts)


def end(part):
    part.process.kill()
    part.process.wait()


class TestChild:
    def test_tells_its_end_once(self, started):
        part = started(SLEEP)
        end(part)

        assert (part.has_ended(), part.has_ended()) == (-9, None)

    def test_waits_longer_after_each_end_but_not_for_ever(self, started):
        part = started(SLEEP)

        delays = []
        for _ in range(7):
            end(part)
            part.has_ended()
            delays.append(part.delay)
            part.start({})

        assert delays == [1, 2, 4, 8, 16, 30, 30]

    def test_stays_down_until_its_delay_is_over(self, started):
        part = started(SLEEP)
        end(part)
        part.has_ended()

        assert part.may_start() is False
        time.sleep(part.delay + 0.05)
        assert part.may_start() is True


class TestStopAll:
    def test_ends_one_that_does_not_listen_and_what_it_started(self, started, home, monkeypatch):
        monkeypatch.setattr(children, "STOP_SECONDS", 0.2)
        deaf = started(DEAF, "deaf")
        while b"1" not in (home.log / "deaf.log").read_bytes():
            time.sleep(0.01)
        process = deaf.process

        children.stop_all([deaf])

        assert process.poll() == -9


class TestStopLeftOver:
    def test_ends_the_parts_of_a_supervisor_that_was_killed(self, started):
        part = started(SLEEP)
        process = part.process

        assert children.stop_left_over(children.described([process])) == 1
        assert psutil.pid_exists(process.pid) is False

    def test_spares_another_program_with_the_same_number(self):
        other = subprocess.Popen(SLEEP)
        try:
            noted = [{"pid": other.pid, "created": psutil.Process(other.pid).create_time() - 100}]

            assert children.stop_left_over(noted) == 0
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()
