"""The web server and the worker as real processes on the test's own database, to be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

import psutil
from django.db import connection

from dashu.runtime.home import SOURCE_DIR
from tests.integration.runtime.processes import until


class Part:
    """
    One program with the children it has, started again whenever it ends, as the supervisor of `script/server` does.

    A worker ends by itself when it finds a child dead before all of them had started. All processes form a group, so
    none is left behind.
    """

    def __init__(self, command: list[str], log: Path, *, handed: tuple[int, ...] = (), **settings: str) -> None:
        self._command = command
        self._log = log
        self._handed = handed
        self._environment = _environment() | settings
        self._process: subprocess.Popen[bytes] | None = None
        self._has_to_run = Event()
        self._keeper = Thread(target=self._keep, daemon=True)
        self.ends = 0

    def start(self) -> None:
        self._has_to_run.set()
        self._start()
        self._keeper.start()

    def stop(self) -> None:
        self._has_to_run.clear()
        self._keeper.join()
        self.kill()

    def children(self) -> list[psutil.Process]:
        """Return the processes that do the work; empty while the program still loads its code."""
        if self._process is not None:
            with suppress(psutil.NoSuchProcess):
                return psutil.Process(self._process.pid).children()
        return []

    def is_up(self) -> bool:
        assert not self.ends, self.told()
        return bool(self.children())

    def kill(self) -> None:
        """`kill -9` the program with all its children, as a machine does that loses its power."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)

    def told(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def _start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=SOURCE_DIR,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=self._handed,
                start_new_session=True,
            )

    def _keep(self) -> None:
        while self._has_to_run.is_set():
            if self._process is not None and self._process.poll() is not None:
                self.kill()  # its children may live on
                self.ends += 1
                self._start()
            time.sleep(0.05)


@contextmanager
def running(part: Part) -> Iterator[Part]:
    try:
        part.start()
        until(part.is_up)
        yield part
    finally:
        part.stop()


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


def worker(
    folder: Path, *, host: str = "worker", queues: str = "default,collections", children: int = 1, **settings: str
) -> Part:
    """Return a worker as on a host of this name; the database knows its connections by the name too."""
    words = [sys.executable, "-m", "celery", "-A", "dashu.celery", "worker", "--queues", queues]
    sizes = ["--hostname", f"celery@{host}", "--concurrency", str(children), "--without-gossip", "--without-mingle"]
    return Part([*words, *sizes], folder / f"{host}.log", PGAPPNAME=host, **settings)


def url_of_database() -> str:
    """Return the address of the test's own database, which has all tables."""
    at = connection.settings_dict
    password = quote(str(at["PASSWORD"]), safe="")
    return f"postgres://{at['USER']}:{password}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


def _environment() -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url_of_database(), "DJANGO_SETTINGS_MODULE": "dashu.settings.test"}
