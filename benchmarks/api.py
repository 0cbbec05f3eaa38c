"""
How fast the API of partners is: `python benchmarks/api.py`.

A book of 100,000 loans and a partner with 1,000 more are made in a database of their own. The site runs as
`script/server` runs it in production (gunicorn, four processes of two threads), with the log of calls that is always
on; only the limits of calls a minute are raised. A generator in a process of its own (`api_load.py`) sends requests
over connections that stay open, as fast as they are answered over 1, 16 and 64 connections, and then at a fixed rate
over 16. Every way has its turn in every round, so that a busy machine disturbs all the same.

Beside the API stand two floors (`api_floors.py`): a view of the same framework on the same server that does nothing,
and a program that reads the same row by psycopg2 and writes it as JSON. Three times are told: what the generator saw,
what the server says that it took, and the processor time of the server's processes for each request, which other work
on the machine disturbs least.
"""

import argparse
import json
import os
import platform
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from partners import CLIENT, SECRET, partner_login
from servers import own_database

HERE = Path(__file__).resolve().parent
ACTOR = "system:benchmark"
SCOPES = "loans:read quotes payments:write"
TARGET_SEEN, TARGET_SERVED = 25, 15  # ms, p95
RATED = 16  # connections on which requests come at a fixed rate
LOAN, PAGE, QUOTE, PAYMENT = "GET loan", "GET loans, 50 rows", "POST quote, 12 rows", "POST payment"
UNRECORDED, BARE, RAW = "GET loan, calls not recorded", "bare DRF view", "raw psycopg2"
TERMS = {
    "principal": "12000.00",
    "currency": "CNY",
    "annual_rate": "0.18",
    "method": "equal_installment",
    "count": 12,
    "disbursed_on": "2026-01-15",
}


@dataclass
class Way:
    """
    One kind of request.

    :ivar requests: returns so many of them, whole.
    :ivar weight: how heavy it is beside others: the fixed rate and the number of requests are divided by it.
    """

    server: "Server"
    requests: Callable[[int], list[str]]
    weight: int = 1


@dataclass
class Measured:
    """What one way did over all rounds, over so many connections."""

    spent: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    cpu: float = 0.0
    generator_cpu: float = 0.0

    def figures(self) -> dict[str, Any]:
        count = len(self.spent)
        return {
            "requests": count,
            "per_second": count / self.elapsed,
            "seen_ms": _cuts(self.spent),
            "served_ms": _cuts(self.served),
            "cpu_ms": self.cpu / count * 1e3,
            "generator_cpu_ms": self.generator_cpu / count * 1e3,
        }


def main() -> int:
    chosen = _arguments()
    with own_database(with_broker=True, home=chosen.home) as make_database:
        make_database("bench_api", chosen.limit)
        partner, numbers = build(chosen)
        os.environ["BENCHMARK_PARTNER"] = str(partner)
        with (
            serving("dashu.wsgi:application") as site,
            serving("dashu.wsgi:application", BENCHMARK_RECORDS_CALLS="0") as unrecorded,
            serving("api_floors:raw") as raw,
        ):
            token = _token(site.port)
            ways = {
                LOAN: Way(site, _drawn([f"/api/v1/loans/{number}" for number in numbers], token)),
                PAGE: Way(site, _drawn(_pages(site.port, token), token), weight=2),
                QUOTE: Way(site, lambda count: [_post("/api/v1/quotes", TERMS, token)] * count),
                PAYMENT: Way(site, _payments(numbers, token), weight=4),
                UNRECORDED: Way(unrecorded, _drawn([f"/api/v1/loans/{number}" for number in numbers], token)),
                BARE: Way(site, _drawn(["/bare"], "")),
                RAW: Way(raw, _drawn([f"/loans/{number}" for number in numbers], "")),
            }
            loads = os.getloadavg()[0]
            as_fast = {name: {} for name in ways}  # type: dict[str, dict[str, Any]]
            for connections in chosen.connections:
                for name, measured in measure(ways, connections, None, chosen).items():
                    as_fast[name][str(connections)] = measured.figures()
            rated = {name: one.figures() for name, one in measure(ways, RATED, chosen.rate, chosen).items()}
    report(as_fast, rated, chosen)
    print(f"load {loads:.1f} before, {os.getloadavg()[0]:.1f} after")
    if chosen.json:
        chosen.json.write_text(json.dumps({"as_fast_as_answered": as_fast, "at_a_rate": rated}, indent=1))
    return 0


# --- the book -----------------------------------------------------------------------------------------------------
def build(chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """Make the book, and return the partner's key and the numbers of its loans, which are real in every row."""
    import close_book

    from dashu.kernel.dates import lender_today
    from dashu.users.models import Borrower, Partner
    from loans.services.create_loan import create_loan
    from repayments.services.disburse_loan import disburse_loan

    close_book.build(chosen.loans)
    partner = Partner.objects.create(code="benchmark", name="Partner", user=partner_login())
    borrower = Borrower.objects.create(name="Benchmark")
    numbers = []
    for _number in range(chosen.own_loans):
        loan = create_loan(
            borrower_id=borrower.pk,
            product_code="consumer",
            principal_minor=1_200_000,
            annual_rate=Decimal("0.18"),
            count=12,
            starts_on=lender_today() - timedelta(days=20),
            partner_id=partner.pk,
            actor=ACTOR,
        )
        disburse_loan(loan_id=loan.pk, reference=f"OUT-{loan.number}", actor=ACTOR)
        numbers.append(loan.number)
    close_book.settle()
    return partner.pk, numbers


# --- the server ---------------------------------------------------------------------------------------------------
@dataclass
class Server:
    """:ivar log: a line for each request, with the microseconds it took."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def cpu(self) -> float:
        """Return the seconds of processor time that its workers have used."""
        pid = self.process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return sum(_cpu_of(int(worker)) for worker in workers)

    def served_since(self, place: int) -> list[float]:
        """Return the milliseconds of each request written to the log after this place."""
        with self.log.open(encoding="utf-8") as lines:
            lines.seek(place)
            return [int(line.split()[-1]) / 1e3 for line in lines]


def _cpu_of(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(program: str, **environment: str) -> Iterator[Server]:
    """Serve a program as `script/server` does the site."""
    many = "10000000"
    raised = {f"DASHU_API_{name}_A_MINUTE": many for name in ("READS", "WRITES", "TOKENS")}
    settings = {"DJANGO_SETTINGS_MODULE": "api_settings", "PYTHONPATH": f"{HERE}:{HERE.parent}"}
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        port = listener.getsockname()[1]
        log = Path(os.environ["DASHU_HOME"]) / f"requests-{port}.log"
        log.write_text("", encoding="utf-8")
        command = [
            *(sys.executable, "-m", "gunicorn", program, "--bind", f"fd://{listener.fileno()}"),
            *("--worker-class", "gthread", "--workers", "4", "--threads", "2", "--preload", "--no-control-socket"),
            *("--access-logfile", str(log), "--access-logformat", "%(s)s %(D)s", "--log-level", "error"),
        ]
        around = {**os.environ, **settings, **raised, **environment}
        with log.with_suffix(".out").open("wb") as output:
            process = subprocess.Popen(
                command, cwd=HERE.parent, pass_fds=[listener.fileno()], env=around, stdout=output, stderr=output
            )
        try:
            yield Server(process, port, log)
        finally:
            process.terminate()
            process.wait(30)


# --- requests -----------------------------------------------------------------------------------------------------
def _drawn(paths: list[str], token: str) -> Callable[[int], list[str]]:
    chance = random.Random(10)  # noqa: S311 – nothing hangs on it
    whole = [_request("GET", path, token) for path in paths]
    return lambda count: chance.choices(whole, k=count)


def _payments(numbers: list[str], token: str) -> Callable[[int], list[str]]:
    """Every payment is a new one, and a loan has its next one when all the others had theirs."""
    made = 0

    def requests(count: int) -> list[str]:
        nonlocal made
        found = []
        for place in range(made, made + count):
            body = {"amount": {"amount": "100.00", "currency": "CNY"}, "reference": f"B{place}", "received_on": today}
            path = f"/api/v1/loans/{numbers[place % len(numbers)]}/payments"
            found.append(_post(path, body, token, f"Idempotency-Key: B{place}\r\n"))
        made += count
        return found

    from dashu.kernel.dates import lender_today

    today = lender_today().isoformat()
    return requests


def _post(path: str, body: Mapping[str, Any], token: str, headers: str = "") -> str:
    text = json.dumps(body)
    return (
        _request("POST", path, token, f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n{headers}")
        + text
    )


def _request(method: str, path: str, token: str, headers: str = "") -> str:
    known = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: en\r\n{known}{headers}\r\n"


def _token(port: int) -> str:
    import requests

    for _try in range(600):  # the server answers once its addresses are read
        try:
            answer = requests.post(
                f"http://127.0.0.1:{port}/oauth/token/",
                data={"grant_type": "client_credentials", "scope": SCOPES},
                auth=(CLIENT, SECRET),
                timeout=60,
            )
            break
        except requests.ConnectionError:
            time.sleep(0.1)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _pages(port: int, token: str) -> list[str]:
    """Return the address of each page of the list of loans."""
    import requests

    pages, path = [], "/api/v1/loans?limit=50"
    while path:
        pages.append(path)
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=60)
        answer.raise_for_status()
        cursor = answer.json()["next_cursor"]
        path = f"/api/v1/loans?limit=50&cursor={cursor}" if cursor else ""
    return pages


# --- measuring ----------------------------------------------------------------------------------------------------
def measure(
    ways: Mapping[str, Way], connections: int, rate: float | None, chosen: argparse.Namespace
) -> dict[str, Measured]:
    found = {name: Measured() for name in ways}
    for number in range(chosen.rounds + 1):
        for name, way in ways.items():
            count = max(connections, chosen.requests // way.weight // chosen.rounds)
            one = Measured() if number == 0 else found[name]  # the first round only warms up
            _add(one, way, connections, count if number else connections * 2, rate and rate / way.weight)
    return found


def _add(measured: Measured, way: Way, connections: int, count: int, rate: float | None) -> None:
    plan = {
        "port": way.server.port,
        "requests": way.requests(count),
        "connections": connections,
        "count": count,
        "rate": rate,
    }
    place, before = way.server.log.stat().st_size, way.server.cpu()
    ran = subprocess.run(
        [sys.executable, "-S", HERE / "api_load.py"], input=json.dumps(plan).encode(), check=True, capture_output=True
    )
    told = json.loads(ran.stdout)
    if set(told["statuses"]) - {"200", "201"}:
        sys.exit(f"answers were {told['statuses']} to requests such as {plan['requests'][0]}")
    time.sleep(0.1)  # what follows the last answer, such as writing the call down, is time of the server too
    measured.cpu += way.server.cpu() - before
    measured.served += way.server.served_since(place)
    measured.spent += told["spent_ms"]
    measured.elapsed += told["elapsed"]
    measured.generator_cpu += told["cpu"]


def _cuts(values: list[float]) -> dict[str, float]:
    cuts = quantiles(values, n=100)
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}


# --- telling ------------------------------------------------------------------------------------------------------
def report(as_fast: dict[str, dict[str, Any]], rated: dict[str, Any], chosen: argparse.Namespace) -> None:
    print(f"{chosen.loans + chosen.own_loans:,} loans, {chosen.own_loans:,} of them the partner's")
    for connections in map(str, chosen.connections):
        print(f"\nas fast as answered, {connections} connection{'s' if connections != '1' else ''}")
        _table({name: figures[connections] for name, figures in as_fast.items()})
    print(f"\n{chosen.rate:g} requests a second (pages half as many, payments a quarter), {RATED} connections")
    _table(rated)
    loan, quote = rated[LOAN]["seen_ms"]["p95"], rated[QUOTE]["served_ms"]["p95"]
    print(f"\n{LOAN} at that rate: p95 {loan:.1f} ms, {_verdict(loan, TARGET_SEEN)}")
    if str(RATED) in as_fast[LOAN]:
        full = as_fast[LOAN][str(RATED)]["seen_ms"]["p95"]
        print(f"{LOAN} as fast as answered over {RATED} connections: p95 {full:.1f} ms, {_verdict(full, TARGET_SEEN)}")
    print(f"{QUOTE} at that rate: p95 {quote:.1f} ms of server time, {_verdict(quote, TARGET_SERVED)}")
    record = rated[LOAN]["cpu_ms"] - rated[UNRECORDED]["cpu_ms"]
    print(f"writing a call down costs {record:.2f} ms of processor time")


def _verdict(value: float, target: float) -> str:
    return f"{'within' if value < target else 'above'} {target} ms"


def _table(figures: Mapping[str, Mapping[str, Any]]) -> None:
    print(f"{'':30}{'a second':>9}{'seen p50':>10}{'p95':>8}{'p99':>8}{'served p50':>12}{'p95':>8}{'p99':>8}{'CPU':>8}")
    for name, one in figures.items():
        seen, served = one["seen_ms"], one["served_ms"]
        print(
            f"{name:30}{one['per_second']:>9,.0f}{seen['p50']:>10.1f}{seen['p95']:>8.1f}{seen['p99']:>8.1f}"
            f"{served['p50']:>12.1f}{served['p95']:>8.1f}{served['p99']:>8.1f}{one['cpu_ms']:>8.2f}"
        )
    most = max(one["generator_cpu_ms"] for one in figures.values())
    print(f"in ms; CPU is of the server's processes for each request, the generator takes at most {most:.2f} ms")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=100_000, metavar="N", help="of others")
    parser.add_argument("--own-loans", type=int, default=1_000, metavar="N", help="of the partner")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64], metavar="N")
    parser.add_argument("--requests", type=int, default=1_200, metavar="N", help="of each way over all rounds")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--rate", type=float, default=50, metavar="N", help="requests a second of the fixed rate")
    parser.add_argument("--limit", type=int, default=600, metavar="SECONDS", help="a statement is cut off after this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="keep the servers' data there for the next run")
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
