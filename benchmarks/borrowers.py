"""
What 200 borrowers at once find: `python benchmarks/borrowers.py`.

The site runs as in production (gunicorn, four processes of two threads, a Celery worker beside it) on a database of its
own. Each borrower signs in once with a password, within the first minute, and then walks until five are over, as people
do: the home page, a loan, messages, a lesson, and now and then a payment through the simulated provider to its receipt,
with some seconds of reading between. Wrong is every answer that is not the page asked for, that shows the loan of
somebody else, or that lacks one's own; and every confirmed payment that is not booked exactly once. Ends with 1 where
something was wrong, where the books differ from the postings, or where the 95th percentile is above 500 ms.
"""

import argparse
import json
import os
import platform
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pages import ROOT, site
from servers import own_database

MOST_MS = 500  # p95 of all answers
PASSWORD = "correct horse"  # noqa: S105 – of people who are invented
LOAN_NUMBER = re.compile(r"\bDS\d{11}\b")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
SHOWN = re.compile(r'name="shown" value="(\d+)"')
# What people do next, and how often.
WALK = {"home": 30, "loan": 25, "messages": 10, "lesson": 15, "account": 5, "pay": 15}


@dataclass
class Person:
    place: int
    email: str
    loans: frozenset[str]


@dataclass
class Seen:
    """What one person met: milliseconds by kind of page, what was wrong, and how many payments they confirmed."""

    spent: list[tuple[str, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    confirmed: int = 0


class Walker:
    """One borrower with a browser of their own, at a network address of their own."""

    def __init__(self, site_url: str, person: Person, everybody: frozenset[str], pause: float) -> None:
        self.url, self.person, self.everybody, self.pause = site_url, person, everybody, pause
        self.chance = random.Random(person.place)  # noqa: S311 – nothing hangs on it
        self.browser = requests.Session()
        self.browser.headers["X-Forwarded-For"] = f"10.1.{person.place // 250}.{person.place % 250 + 1}"
        self.browser.cookies.set("django_language", "zh-hans")
        self.seen = Seen()

    def walk(self, began: float, seconds: float) -> Seen:
        """Sign in within the first minute, then go on until the time is over."""
        time.sleep(self.chance.uniform(0, min(60, seconds / 4)))
        self._sign_in()
        while time.monotonic() - began < seconds:
            self._read()
            try:
                getattr(self, f"_{self.chance.choices(list(WALK), list(WALK.values()))[0]}")()
            except requests.RequestException as error:
                self.seen.wrong.append(f"no answer: {type(error).__name__}")
        return self.seen

    def _sign_in(self) -> None:
        page = self._get("sign-in page", "/accounts/login/")
        answer = self._post("signing in", "/accounts/login/", page, login=self.person.email, password=PASSWORD)
        if not self._is_signed_in(answer):
            self.seen.wrong.append("did not get in")

    def _home(self) -> None:
        self._mine("home", "/")

    def _loan(self) -> None:
        self._mine("loan", f"/loans/{self._any_loan()}/")

    def _messages(self) -> None:
        self._get("messages", "/messages/")

    def _lesson(self) -> None:
        self._get("lesson", self.chance.choice(["/learn/", "/learn/overdue/"]))

    def _account(self) -> None:
        self._get("account", "/me/")

    def _pay(self) -> None:
        """Choose an amount, see what it pays, and confirm it at the provider."""
        address = f"/loans/{self._any_loan()}/pay/"
        page = self._get("pay", address)
        self._read()
        chosen = {"choice": "other", "amount": f"{self.chance.randint(10_00, 60_00) / 100:.2f}"}
        preview = self._post("pay: what it pays", address, page, **chosen)
        shown = SHOWN.search(preview.text)
        if shown is None:
            self.seen.wrong.append(f"no preview: {preview.status_code}")
            return
        self._read()
        gateway = self._post("pay: to the provider", address, preview, **chosen, shown=shown.group(1))
        receipt = self._post("pay: confirm", gateway.url.removeprefix(self.url), gateway, confirm="1")
        self.seen.confirmed += 1
        if "/receipts/" not in receipt.url:
            self.seen.wrong.append(f"no receipt at {receipt.url.removeprefix(self.url)}")

    def _any_loan(self) -> str:
        return self.chance.choice(sorted(self.person.loans))

    def _mine(self, kind: str, path: str) -> None:
        answer = self._get(kind, path)
        if not self.person.loans & set(LOAN_NUMBER.findall(answer.text)):
            self.seen.wrong.append(f"{kind} without one's own loan")

    def _get(self, kind: str, path: str) -> requests.Response:
        return self._looked_at(kind, self.browser.get(self.url + path, timeout=60))

    def _post(self, kind: str, path: str, form: requests.Response, **given: str) -> requests.Response:
        token = TOKEN.search(form.text)
        sent = {**given, "csrfmiddlewaretoken": token.group(1) if token else ""}
        return self._looked_at(kind, self.browser.post(self.url + path, sent, timeout=60))

    def _looked_at(self, kind: str, answer: requests.Response) -> requests.Response:
        for each in (*answer.history, answer):
            self.seen.spent.append((kind, each.elapsed.total_seconds() * 1e3))
        if answer.status_code != 200:
            self.seen.wrong.append(f"{kind}: {answer.status_code}")
        if others := set(LOAN_NUMBER.findall(answer.text)) & self.everybody - self.person.loans:
            self.seen.wrong.append(f"{kind} shows {len(others)} loans of others")
        return answer

    def _is_signed_in(self, answer: requests.Response) -> bool:
        return answer.status_code == 200 and not answer.url.endswith("/accounts/login/")

    def _read(self) -> None:
        time.sleep(self.chance.uniform(self.pause / 2, self.pause * 3 / 2))


def main() -> int:
    chosen = _arguments()
    os.environ["DASHU_TRUSTED_PROXIES"] = "1"  # each borrower comes from an address of their own
    with own_database(with_broker=True, home=chosen.home) as make_database:
        make_database("bench_borrowers", chosen.limit)
        people = build(chosen.people)
        with _worker(), site() as (address, _log):
            figures = walk(f"http://{address}", people, chosen)
        figures["booked"], figures["differences"] = _books()
    _tell(figures, chosen)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1))
    is_wrong = figures["wrong"] or figures["differences"] or figures["booked"] != figures["confirmed"]
    return int(bool(is_wrong) or figures["all"]["p95"] > MOST_MS)


def build(count: int) -> list[Person]:
    """Make borrowers with two loans each, one of them late, who sign in with a password."""
    from django.core.management import call_command

    from dashu.kernel.dates import lender_today
    from tests import factories

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_wordings", verbosity=0)
    today, people = lender_today(), []
    for place in range(count):
        borrower = factories.borrower(f"Walker{place}")
        loans = [factories.running_loan(borrower, starts_on=today - timedelta(days=days)) for days in (40, 20)]
        people.append(Person(place, borrower.user.email, frozenset(loan.number for loan in loans)))
    return people


def walk(url: str, people: list[Person], chosen: argparse.Namespace) -> dict[str, Any]:
    everybody = frozenset(number for person in people for number in person.loans)
    walkers = [Walker(url, person, everybody, chosen.pause) for person in people]
    began = time.monotonic()
    with ThreadPoolExecutor(len(walkers)) as pool:
        met = list(pool.map(lambda walker: walker.walk(began, chosen.seconds), walkers))
    took = time.monotonic() - began
    kinds: dict[str, list[float]] = {}
    for kind, spent in (each for seen in met for each in seen.spent):
        kinds.setdefault(kind, []).append(spent)
    everything = [spent for times in kinds.values() for spent in times]
    return {
        "people": len(people),
        "seconds": took,
        "answers": len(everything),
        "all": _cuts(everything),
        "kinds": {kind: {"answers": len(times), **_cuts(times)} for kind, times in kinds.items()},
        "wrong": dict(Counter(wrong for seen in met for wrong in seen.wrong)),
        "confirmed": sum(seen.confirmed for seen in met),
        "load": os.getloadavg()[0],
    }


def _books() -> tuple[int, int]:
    """Return how many payments there are of checkouts, each of one, and how many loans differ from their postings."""
    from repayments.models import Checkout
    from repayments.selectors.reconciliation import differences

    booked = list(Checkout.objects.exclude(payment=None).values_list("payment_id", flat=True))
    assert len(booked) == len(set(booked)), "two checkouts have one payment"
    return len(booked), len(differences())


@contextmanager
def _worker() -> Iterator[None]:
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "dashu.celery",
        "worker",
        "--concurrency",
        "1",
        "--loglevel",
        "ERROR",
    ]
    process = subprocess.Popen(
        [*command, "--queues", "default,collections,messages", "--without-gossip", "--without-mingle"],
        cwd=ROOT,
        env={**os.environ, "DASHU_LOG_LEVEL": "ERROR"},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _cuts(values: list[float]) -> dict[str, float]:
    cuts = quantiles(values, n=100) if len(values) > 1 else values * 99
    return {"p50": median(values), "p95": cuts[94], "p99": cuts[98]}


def _tell(figures: dict[str, Any], chosen: argparse.Namespace) -> None:
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {figures['load']:.1f} at the end:"
        f" {figures['people']} borrowers for {figures['seconds']:.0f} s, {chosen.pause:g} s of reading between pages"
    )
    print(f"{'':24}{'answers':>9}{'p50':>10}{'p95':>10}{'p99':>10}")
    rows = {**figures["kinds"], "all": {"answers": figures["answers"], **figures["all"]}}
    for kind, row in rows.items():
        print(f"{kind:24}{row['answers']:>9,}{row['p50']:>7,.0f} ms{row['p95']:>7,.0f} ms{row['p99']:>7,.0f} ms")
    print(f"answers a second: {figures['answers'] / figures['seconds']:.1f}")
    print(f"wrong: {figures['wrong'] or 0}")
    print(
        f"payments confirmed {figures['confirmed']}, booked once each {figures['booked']},"
        f" loans that differ from their postings {figures['differences']}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--pause", type=float, default=8, help="seconds of reading between pages, in the mean")
    parser.add_argument("--limit", type=int, default=60, help="seconds after which a statement is cut off")
    parser.add_argument("--home", type=Path, help="keep the servers' data here")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
