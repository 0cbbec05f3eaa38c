"""The long-running parts of Dashu as child processes that are started again when they end."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from .home import Home

LONGEST_DELAY = 30.0
# A child that lived this long had started well; its next end is a new trouble and not the same one again.
SETTLED_SECONDS = 60.0
STOP_SECONDS = 15.0


@dataclass
class Child:
    """One part, its process while there is one, and when it may be started again."""

    name: str
    command: list[str]
    home: Home
    handed: tuple[int, ...] = ()  # descriptors that the process gets from the supervisor
    process: subprocess.Popen | None = field(init=False, default=None)
    _began: float = field(init=False, default=0.0)
    _delay: float = field(init=False, default=0.0)
    _not_before: float = field(init=False, default=0.0)

    def start(self, environment: dict[str, str]) -> None:
        with self.home.log_file(self.name) as log:
            self.process = subprocess.Popen(
                self.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.handed,
                start_new_session=True,  # so that Ctrl-C reaches the supervisor alone, and a whole group can be ended
            )
        self._began = time.monotonic()

    def has_ended(self) -> int | None:
        """Return the exit code once, when the process has ended, and set the time before which it stays down."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        _end_group(self.process.pid, signal.SIGKILL)
        self.process = None
        has_settled = time.monotonic() - self._began > SETTLED_SECONDS
        self._delay = 1.0 if has_settled or not self._delay else min(self._delay * 2, LONGEST_DELAY)
        self._not_before = time.monotonic() + self._delay
        return code

    @property
    def delay(self) -> float:
        return self._delay

    def may_start(self) -> bool:
        return self.process is None and time.monotonic() >= self._not_before


def stop_all(children: Iterable[Child]) -> None:
    """Ask all to end at once, then kill the whole group of each that does not."""
    running = [child.process for child in children if child.process is not None]
    for process in running:
        with suppress(ProcessLookupError):
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        _end_group(process.pid, signal.SIGKILL)
        process.wait()
    for child in children:
        child.process = None


def described(processes: Iterable[subprocess.Popen]) -> list[dict]:
    """Return what it takes to know these processes again, also when their numbers have been given to others."""
    noted = []
    for process in processes:
        with suppress(psutil.Error):
            noted.append({"pid": process.pid, "created": psutil.Process(process.pid).create_time()})
    return noted


def stop_left_over(noted: Iterable[dict]) -> int:
    """End the children of a supervisor that was killed; return how many there were."""
    left = [process for entry in noted if (process := _same_process(entry))]
    for process in left:
        process.terminate()
    psutil.wait_procs(left, timeout=STOP_SECONDS)
    for process in left:
        _end_group(process.pid, signal.SIGKILL)
    psutil.wait_procs(left, timeout=STOP_SECONDS)
    return len(left)


def _same_process(entry: dict) -> psutil.Process | None:
    with suppress(psutil.Error, KeyError):
        process = psutil.Process(entry["pid"])
        if process.create_time() == entry["created"]:
            return process
    return None


def _end_group(pid: int, number: int) -> None:
    """Signal what is left of the group that the process led; there may be nothing."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
