"""
`script/server`: the servers, the database brought up to date, then web, worker and beat, watched until it is stopped.

Signals only set a flag, which every wait looks at: a stop in any phase takes the same way out, in order.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from . import children, ports
from .catalogs import compile_catalogs
from .children import Child
from .home import SOURCE_DIR, Home, read_json, write_json
from .locks import FileLock, held
from .refusal import Refusal
from .services import Services

QUEUES = ("default", "collections", "close", "messages", "webhooks", "bulk")
SERVERS = ("DATABASE_URL", "REDIS_URL")
FIRST_PORT = 8000
WEB_SECONDS = 90
LOOK_EVERY = 0.25
SERVICES_EVERY = 2.0


def run(*, is_sandbox: bool = False) -> int:
    """
    Run until Ctrl-C, SIGTERM or the end of the terminal; return the exit code.

    :param is_sandbox: a second installation, in the folder `sandbox` of the home, beside the one where loans are real.
    """
    home = Home.from_environment()
    if is_sandbox:
        home = Home(home.root / "sandbox")
        own = sandbox_environment(home, os.environ)
        for name in SERVERS:
            os.environ.pop(name, None)
        os.environ.update(own)
    home.prepare()
    lock = FileLock(home.run / "server.lock")
    if not lock.hold(wait=False):
        url = read_json(home.run / "server.json").get("url")
        where = f"at {url}" if url else "and is starting"
        raise Refusal(
            "already_running",
            f"Dashu already runs in {home.root} {where}. Use that one, stop it with Ctrl-C, "
            "or set DASHU_HOME to another folder for a second one.",
        )
    return Supervisor(home).run()


class Stopped(Exception):
    """Somebody asked to stop while the start was under way."""


class Supervisor:
    def __init__(self, home: Home) -> None:
        self._home = home
        self._services = Services(home)
        self._children: list[Child] = []
        self._url: str | None = None
        self._listener: socket.socket | None = None
        self._stop_asked = False
        self._began = time.monotonic()

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        if left := children.stop_left_over(read_json(self._noted).get("children", [])):
            say(f"Ended {left} processes of a start that was killed")
        try:
            code = self._start() or self._watch()
        except Stopped:
            code = 0
        finally:
            self._shut_down()
        return code

    def _start(self) -> int:
        """Bring everything up; return the exit code of the preparation when that fails, else 0."""
        # Kept open here, so that requests wait while the web server is started again.
        listener = self._listener = ports.listen("DASHU_PORT", first=FIRST_PORT)
        url = f"http://{ports.HOST}:{listener.getsockname()[1]}/"
        with timed("Postgres and Valkey run"):
            self._services.start()
        with timed("Message catalogs are compiled"):
            compile_catalogs(self._home.locale)
        if code := self._prepare():
            return code
        self._url = url
        self._children = _parts(self._home, listener.fileno())
        with timed("Web, worker and beat run"):
            # Each needs a processor for seconds to load its code; beat, which nobody waits for, comes after the web.
            *first, beat = self._children
            for child in first:
                child.start(self._environment())
            self._note()
            self._wait_for_web(url)
            beat.start(self._environment())
            self._note()
        say(f"\nDashu is at {url} ({time.monotonic() - self._began:.1f} s)")
        say(self._logins())
        say(f"Data and logs are in {self._home.root}. Ctrl-C stops everything.")
        return 0

    def _watch(self) -> int:
        look_at_services = time.monotonic() + SERVICES_EVERY
        while not self._stop_asked:
            for child in self._children:
                self._look_after(child)
            if time.monotonic() >= look_at_services:
                self._look_after_services()
                look_at_services = time.monotonic() + SERVICES_EVERY
            time.sleep(LOOK_EVERY)
        return 0

    def _look_after(self, child: Child) -> None:
        if (code := child.has_ended()) is not None:
            log = self._home.log / f"{child.name}.log"
            say(f"{child.name} ended with code {code}; it starts again in {child.delay:.0f} s. Its log is {log}")
        if child.may_start():
            child.start(self._environment())
            self._note()

    def _look_after_services(self) -> None:
        if self._services.are_running():
            return
        before = self._services.environment()
        try:
            with held(self._home.run / "services.lock"):
                started = self._services.revive()
        except Refusal as refusal:
            refusal.tell()
            return
        say(f"{' and '.join(started)} had ended and runs again")
        if self._services.environment() != before:
            children.stop_all(self._children)  # they hold the old address; the next look starts them with the new one

    def _shut_down(self) -> None:
        if self._children:
            say("\nStopping")
        children.stop_all(self._children)
        if self._listener:
            self._listener.close()
        self._noted.unlink(missing_ok=True)
        if not self._services.stop():
            say("Another command still uses the database, so it keeps running until that ends")
        if self._children:
            say("Stopped")

    def _prepare(self) -> int:
        """Migrate, load and collect in one Django process, because its start is most of the cost."""
        process = subprocess.Popen(
            [sys.executable, "-m", "dashu.runtime.prepare", str(self._logins_file)],
            cwd=SOURCE_DIR,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._note(process)
        while process.poll() is None:
            if self._stop_asked:
                process.terminate()
                process.wait()
                raise Stopped
            time.sleep(0.05)
        return process.returncode

    def _wait_for_web(self, url: str) -> None:
        deadline = time.monotonic() + WEB_SECONDS
        while time.monotonic() < deadline:
            if self._stop_asked:
                raise Stopped
            if _answers(f"{url}healthz"):
                return
            time.sleep(0.1)
        raise Refusal("web_silent", f"The web server did not answer. What it said is in {self._home.log / 'web.log'}.")

    def _logins(self) -> str:
        with suppress(OSError):
            return self._logins_file.read_text(encoding="utf-8")
        return ""

    @property
    def _logins_file(self) -> Path:
        return self._home.run / "demo-logins.txt"

    @property
    def _noted(self) -> Path:
        return self._home.run / "server.json"

    def _note(self, *others: subprocess.Popen) -> None:
        """Write down what runs, for a second start in this home and for the one after a kill."""
        running = [*others, *(child.process for child in self._children if child.process is not None)]
        write_json(self._noted, {"url": self._url, "children": children.described(running)})

    def _environment(self) -> dict[str, str]:
        own = {"DASHU_OWN_URL": self._url} if self._url else {}
        return {
            "DJANGO_SETTINGS_MODULE": "dashu.settings.dev",
            **self._services.environment(),
            **own,
            "PYTHONUNBUFFERED": "1",
        }

    def _ask_to_stop(self, *_signal: object) -> None:
        self._stop_asked = True


def sandbox_environment(home: Home, given: Mapping[str, str]) -> dict[str, str]:
    """Return what a start of a sandbox adds to an environment that has no servers; its own are named by other names."""
    named = {name: given.get(f"DASHU_SANDBOX_{name}", "") for name in SERVERS}
    own = {name: value for name, value in named.items() if value}
    return {"DASHU_HOME": str(home.root), "DASHU_SANDBOX": "1", "DASHU_DEMO": "0", **own}


def say(text: str) -> None:
    """Tell the terminal, which may be gone."""
    with suppress(OSError):
        print(text, flush=True)  # noqa: T201


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"{what} ({time.monotonic() - began:.1f} s)")


def _parts(home: Home, listener: int) -> list[Child]:
    celery = [sys.executable, "-m", "celery", "-A", "dashu.celery"]
    web = [
        *(sys.executable, "-m", "gunicorn", "dashu.wsgi:application", "--bind", f"fd://{listener}"),
        *("--worker-class", "gthread", "--workers", "4", "--threads", "2", "--preload", "--no-control-socket"),
        *("--limit-request-line", "8190"),  # two hundred ids in one address
    ]
    worker = [
        *(*celery, "worker", "--queues", ",".join(QUEUES), "--concurrency", "2"),
        *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
    ]
    beat = [*celery, "beat", "--pidfile=", "--loglevel", "INFO"]
    return [Child("web", web, home, (listener,)), Child("worker", worker, home), Child("beat", beat, home)]


def _answers(url: str) -> bool:
    try:
        # A proxy that is set for the outside must not be asked for this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
