"""Those who pay, read and work while something fails, for `reliability.py`."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from partners import CLIENT, SECRET, partner_login

HERE = Path(__file__).resolve().parent
RIGHT = (0, 200, 201, 302, 503)  # 0: no answer, which a program takes for "again"
FROM_A_PROXY = {"Host": "localhost", "Accept-Language": "en", "X-Forwarded-For": "10.9.8.7"}
ANSWER_SECONDS = 60  # longer than any limit that is promised
PATIENCE = 240  # seconds for all payments of a trial
LOANS = 20


@dataclass
class World:
    """:ivar loans: numbers of the partner's loans. :ivar cookie: the session of a borrower with two of them."""

    loans: list[str]
    cookie: str


def build() -> World:
    """Make a partner with loans of a borrower who is signed in."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from dashu.kernel.dates import lender_today
    from dashu.users.models import Partner
    from tests import factories

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_wordings", verbosity=0)
    partner = Partner.objects.create(code="benchmark", name="Partner", user=partner_login())
    owner = factories.borrower("Amina")
    starts_on = lender_today() - timedelta(days=40)
    loans = [factories.running_loan(owner, starts_on=starts_on, brought_by=partner) for _place in range(LOANS)]
    browser = Client()
    browser.force_login(owner.user, backend="django.contrib.auth.backends.ModelBackend")
    return World([loan.number for loan in loans], browser.cookies[settings.SESSION_COOKIE_NAME].value)


class OverSocketFile(http.client.HTTPConnection):
    """Reaches a server by a file, past every network."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWER_SECONDS)
        self.sock.connect(str(self._path))


@dataclass
class Site:
    """The site behind a socket file, with its processes in a group of their own."""

    path: Path
    process: subprocess.Popen[bytes]

    def ask(self, method: str, address: str, headers: dict[str, str], body: str | None = None) -> tuple[int, str]:
        """Return status and body; 0 where there was no answer."""
        link = OverSocketFile(self.path)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
                link.request(method, address, body, {**FROM_A_PROXY, **headers})
            answer = link.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            link.close()

    def token(self) -> str:
        form = f"grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET.replace(' ', '+')}"
        until(lambda: self.ask("GET", "/healthz", {})[0] == 200, 60, "the site does not answer")
        _status, text = self.ask("POST", "/oauth/token/", {"Content-Type": "application/x-www-form-urlencoded"}, form)
        return str(json.loads(text)["access_token"])


@contextmanager
def site(inside: Sequence[str] = (), **environment: str) -> Iterator[Site]:
    """:param inside: the words before the command that put it somewhere, such as into a network of its own."""
    path = Path(os.environ["DASHU_HOME"]) / "run" / "site.sock"
    path.unlink(missing_ok=True)
    command = [*inside, sys.executable, "-m", "gunicorn", "dashu.wsgi:application", "--bind", f"unix:{path}"]
    command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload", "--no-control-socket"]
    with _running([*command, "--timeout", "120", "--log-level", "critical"], environment) as process:
        yield Site(path, process)


@contextmanager
def worker(
    inside: Sequence[str] = (), queues: str = "default,collections,messages", **environment: str
) -> Iterator[int]:
    """Run a worker of two children; give its process id."""
    command = [*inside, sys.executable, "-m", "celery", "-A", "dashu.celery", "worker", "--concurrency", "2"]
    flags = ["--queues", queues, "--loglevel", "CRITICAL", "--without-gossip", "--without-mingle"]
    with _running([*command, *flags], environment) as process:
        yield process.pid


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    paths = f"{HERE}:{HERE.parent}"
    settings = {"DJANGO_SETTINGS_MODULE": "reliability_settings", "PYTHONPATH": paths, "DASHU_LOG_LEVEL": "CRITICAL"}
    settings |= {f"DASHU_API_{what}_A_MINUTE": "1000000" for what in ("READS", "WRITES")}
    settings["DASHU_TRUSTED_PROXIES"] = "1"  # a socket file has no address; the proxy before it tells the caller's
    process = subprocess.Popen(
        command,
        cwd=HERE.parent,
        env={**os.environ, **settings, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@dataclass
class Payers:
    """Four programs of a partner that post each payment until it is taken, always with its key."""

    site: Site
    world: World
    count: int
    token: str = ""
    name: str = "R"
    answers: Counter[int] = field(default_factory=Counter)
    longest_s: float = 0.0
    taken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> "Payers":
        from dashu.kernel.dates import lender_today

        self._today = lender_today().isoformat()
        self._threads = [threading.Thread(target=self._pay, args=(turn,), daemon=True) for turn in range(4)]
        for thread in self._threads:
            thread.start()
        return self

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))

    def _pay(self, turn: int) -> None:
        deadline = time.monotonic() + PATIENCE
        for place in range(turn, self.count, 4):
            while not self._is_taken(place) and time.monotonic() < deadline:
                time.sleep(0.3)

    def _is_taken(self, place: int) -> bool:
        key = f"{self.name}{place}"
        loan = self.world.loans[place % len(self.world.loans)]
        body = {"amount": {"amount": "1.00", "currency": "CNY"}, "reference": key, "received_on": self._today}
        headers = {
            "Authorization": f"Bearer {self.token}", "Idempotency-Key": key, "Content-Type": "application/json"
        }  # fmt: skip
        began = time.monotonic()
        status, _text = self.site.ask("POST", f"/api/v1/loans/{loan}/payments", headers, json.dumps(body))
        with self._lock:
            self.answers[status] += 1
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            self.taken += status == 201
        return status == 201


@dataclass
class Reader:
    """A borrower who opens the home page and a loan again and again."""

    site: Site
    world: World
    answers: Counter[int] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    longest_s: float = 0.0

    def __enter__(self) -> "Reader":
        self._goes_on = threading.Event()
        self._goes_on.set()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._goes_on.clear()
        self._thread.join(ANSWER_SECONDS)

    def _read(self) -> None:
        pages = ("/", f"/loans/{self.world.loans[0]}/", "/accounts/login/")
        turn = 0
        while self._goes_on.is_set():
            began = time.monotonic()
            status, text = self.site.ask("GET", pages[turn % 3], {"Cookie": f"sessionid={self.world.cookie}"})
            self.answers[status] += 1
            if status not in RIGHT and len(self.odd) < 5:
                self.odd.append(f"{status} {pages[turn % 3]} {' '.join(re.sub('<[^>]*>', ' ', text).split())[:300]}")
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            turn += 1
            time.sleep(0.2)


def until(is_so: Any, seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.1)
