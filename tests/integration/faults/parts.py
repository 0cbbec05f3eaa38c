"""The web server and the worker as real processes on the test's own database, to be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
from django.db import connection

from dashu.runtime.home import SOURCE_DIR
from tests.integration.runtime.processes import until


class Part:
    """One program with the children it has; all of them form a group of their own, so none is left behind."""

    def __init__(self, command: list[str], log: Path, *, handed: tuple[int, ...] = ()) -> None:
        self._command = command
        self._log = log
        self._handed = handed
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=SOURCE_DIR,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=self._handed,
                start_new_session=True,
            )

    def children(self) -> list[psutil.Process]:
        """Return the processes that do the work; empty while the program still loads its code."""
        assert self._process is not None
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self._process.pid).children()
        return []

    def is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.told()
        return bool(self.children())

    def kill(self) -> None:
        """`kill -9` the program with all its children, as a machine does that loses its power."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)

    def told(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]


@contextmanager
def running(part: Part) -> Iterator[Part]:
    try:
        part.start()
        until(part.is_up)
        yield part
    finally:
        part.kill()


@contextmanager
def web_server(
    folder: Path, *, workers: int = 2, application: str = "dashu.wsgi:application"
) -> Iterator[tuple[Part, int]]:
    """
    Run gunicorn and give it with its port.

    The port is held here, as the supervisor of `script/server` holds it, so requests wait while the server is down.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        words = [sys.executable, "-m", "gunicorn", application, "--bind", f"fd://{listener.fileno()}"]
        sizes = ["--worker-class", "gthread", "--workers", str(workers), "--threads", "4", "--preload"]
        part = Part([*words, *sizes, "--no-control-socket"], folder / "web.log", handed=(listener.fileno(),))
        with running(part):
            yield part, listener.getsockname()[1]


def worker(folder: Path) -> Part:
    words = [sys.executable, "-m", "celery", "-A", "dashu.celery", "worker", "--queues", "default,collections"]
    return Part([*words, "--concurrency", "2", "--without-gossip", "--without-mingle"], folder / "worker.log")


def _environment() -> dict[str, str]:
    """Return this process' environment with the address of the test's own database."""
    at = connection.settings_dict
    password = quote(str(at["PASSWORD"]), safe="")
    url = f"postgres://{at['USER']}:{password}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "dashu.settings.test"}
