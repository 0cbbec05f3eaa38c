"""
How many payments a second, and how long a restatement takes: `python benchmarks/payments.py --payments 2000`.

A database and a broker of their own are made in a temporary folder and removed at the end; commits are durable.
Payments of one installment each are booked in rounds; every way has loans of its own, all alike, and its turn in every
round, so that a busy machine disturbs all ways the same:

- `receive_payment` in one process and in two at once;
- `POST /api/v1/loans/{number}/payments` at gunicorn with two workers, as `script/server` starts it, by one client and
  by several, each a process of its own with one connection that is kept open;
- a hand-written transaction that locks the loan and writes the same rows, in one process and in two at once. It
  decides nothing: what the payment pays was worked out before.

Then loans of 36 installments live through payments, a payment holiday and a returned payment, and the last event is a
payment with an earlier value date: that one call of `receive_payment`, which restates the loan from there, is timed
with its commit. The value date lies in the first month, so that all that came after it is booked anew, or for each loan
on another day of its life, as corrections do. One loan is paid installment by installment, with fees that are charged
and waived between; one in even parts that reach over the installments; and one is behind from its first month, so that
the penalty of every day since then is booked anew too. The program ends with 1 when loans and ledger disagree
afterwards.
"""

import argparse
import http.client
import json
import math
import multiprocessing
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import fmean, linear_regression, median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from partners import CLIENT, SECRET, partner_login
from servers import own_database, set_up

START = date(2024, 1, 15)
TODAY = date(2025, 6, 30)
ROUNDS = 10
ACTOR = "system:benchmark"

LONG_START = date(2022, 1, 15)
LONG_COUNT = 36
LONG_DAYS = 900
TARGET_MS = 20
FIRST_MONTH, ANY_DAY = "in the first month", "on days spread over its life"

SERVICE, SERVICE_TWICE = "service, 1 process", "service, 2 processes"
HTTP, HTTP_MANY = "HTTP, 1 client", "HTTP, {clients} clients"
BARE, BARE_TWICE = "bare SQL, 1 process", "bare SQL, 2 processes"


@dataclass(frozen=True)
class Due:
    """One payment to book: the installment of the round, in full, on the day it falls due."""

    loan_id: int
    loan_number: str
    number: int
    on: date
    principal: int
    interest: int

    @property
    def amount(self) -> int:
        return self.principal + self.interest

    @property
    def reference(self) -> str:
        return f"B{self.loan_id}-{self.number}"


@dataclass
class Turn:
    """What one process did in one turn: seconds of each payment, and when it began and ended."""

    spent: list[float]
    began: float
    ended: float
    parts: dict[str, float] = field(default_factory=dict)


@dataclass
class Way:
    """How one way of booking fared over all rounds; `elapsed` counts from the first start to the last end of a turn."""

    spent: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)

    def add(self, turns: list[Turn]) -> None:
        self.elapsed += max(turn.ended for turn in turns) - min(turn.began for turn in turns)
        for turn in turns:
            self.spent += turn.spent
            for part, seconds in turn.parts.items():
                self.parts[part] = self.parts.get(part, 0) + seconds

    def figures(self) -> dict[str, Any]:
        cuts = quantiles(self.spent, n=100)
        return {
            "payments": len(self.spent),
            "per_second": len(self.spent) / self.elapsed,
            "ms": {"p50": cuts[49] * 1e3, "p95": cuts[94] * 1e3, "p99": cuts[98] * 1e3},
            "parts_ms": {part: seconds / len(self.spent) * 1e3 for part, seconds in self.parts.items()},
        }


def main() -> int:
    chosen = _arguments()
    with own_database(with_broker=True, home=chosen.home) as make_database:
        make_database("bench_payments", chosen.limit)
        payments = measure_payments(chosen.payments, chosen.clients)
        report_payments(payments)
        restatements = {
            f"{life}, a payment {when}": measure_restatements(chosen.events, chosen.repeat, live, when)
            for life, live in LIVES.items()
            for when in (FIRST_MONTH, ANY_DAY)
        }
        report_restatements(restatements)
        different = disagreements()
    print(f"\nloans and ledger compared account by account: {different} differ")
    if chosen.json:
        figures = {"payments": payments, "restatements": restatements, "differing": different}
        chosen.json.write_text(json.dumps(figures, indent=1))
    return 1 if different else 0


def disagreements() -> int:
    from repayments.selectors.reconciliation import differences

    return len(differences())


# --- payments -----------------------------------------------------------------------------------------------------
def measure_payments(payments: int, clients: int) -> dict[str, Any]:
    partner = _partner()
    loans = max(2, math.ceil(payments / ROUNDS))
    many = HTTP_MANY.format(clients=clients)
    with web_server() as port:
        talk = {"kind": "http", "port": port, "token": _token(port)}
        teams = {
            SERVICE: Team([{"kind": "service"}]),
            SERVICE_TWICE: Team([{"kind": "service"}] * 2),
            HTTP: Team([talk]),
            many: Team([talk] * clients),
            BARE: Team([{"kind": "bare"}]),
            BARE_TWICE: Team([{"kind": "bare"}] * 2),
        }
        dues = {name: make_loans(loans, partner) for name in teams}
        for team in teams.values():
            team.wait_until_ready()
        _settle_down()
        ways = {name: Way() for name in teams}
        for number in range(ROUNDS + 1):
            for name, team in teams.items():
                turns = team.pay([schedule[number] for schedule in dues[name]])
                if number:  # the first round only warms up
                    ways[name].add(turns)
        for team in teams.values():
            team.dismiss()
    assert _booked() == len(teams) * loans * (ROUNDS + 1)
    return {name: way.figures() for name, way in ways.items()}


def make_loans(loans: int, partner: Any) -> list[list[Due]]:
    """Make running loans of 12,000 yuan at 18% over 12 months and return the payments that each expects."""
    from dashu.users.models import Borrower
    from loans.services.create_loan import create_loan
    from repayments.services.disburse_loan import disburse_loan

    borrower = Borrower.objects.create(name="Benchmark")
    made = []
    for _number in range(loans):
        loan = create_loan(
            borrower_id=borrower.pk,
            product_code="consumer",
            principal_minor=1_200_000,
            annual_rate=Decimal("0.18"),
            count=12,
            starts_on=START,
            partner_id=partner.pk,
            actor=ACTOR,
        )
        disburse_loan(loan_id=loan.pk, reference=f"OUT-{loan.number}", actor=ACTOR)
        rows = loan.installments.order_by("number").values_list("number", "due_on", "principal_minor", "interest_minor")
        made.append([Due(loan.pk, loan.number, *row) for row in rows])
    return made


class Team:
    """Processes that are set up and wait, then book their shares of a round at the same time."""

    def __init__(self, members: list[dict[str, Any]]) -> None:
        context = multiprocessing.get_context("spawn")
        self._ends: list[Connection] = []
        self._processes = []
        for member in members:
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, dict(os.environ), member), daemon=True)
            process.start()
            self._ends.append(ours)
            self._processes.append(process)

    def wait_until_ready(self) -> None:
        for end in self._ends:
            end.recv()

    def pay(self, dues: list[Due]) -> list[Turn]:
        size = len(self._ends)
        for place, end in enumerate(self._ends):
            end.send(dues[place::size])
        return [end.recv() for end in self._ends]

    def dismiss(self) -> None:
        for end in self._ends:
            end.send(None)
        for process in self._processes:
            process.join(30)


def _work(end: Connection, environment: dict[str, str], member: dict[str, Any]) -> None:
    os.environ.update(environment)
    make = {"service": by_service, "http": by_http, "bare": by_bare_sql}[member.pop("kind")]
    with make(**member) as (pay, parts):
        end.send("ready")
        while (dues := end.recv()) is not None:
            before = dict(parts)
            began = time.perf_counter()
            spent = [_seconds(pay, due) for due in dues]
            ended = time.perf_counter()
            end.send(Turn(spent, began, ended, {part: parts[part] - before[part] for part in parts}))


def _seconds(pay: Callable[[Due], None], due: Due) -> float:
    began = time.perf_counter()
    pay(due)
    return time.perf_counter() - began


Payer = Iterator[tuple[Callable[[Due], None], dict[str, float]]]


@contextmanager
def by_service() -> Payer:
    set_up()
    from django.db import connection

    connection.ensure_connection()
    with meter() as parts:
        yield lambda due: receive(due.loan_id, due.amount, due.on, due.reference), parts


def receive(loan_id: int, amount: int, on: date, reference: str, *, today: date = TODAY) -> None:
    from repayments.services.receive_payment import receive_payment

    receive_payment(
        loan_id=loan_id,
        amount_minor=amount,
        received_on=on,
        today=today,
        reference=reference,
        channel="PARTNER",
        actor=ACTOR,
    )


@contextmanager
def meter() -> Iterator[dict[str, float]]:
    """Add up the seconds that this process waits for statements, commits and the broker, and count the statements."""
    from django.db import connection

    from dashu import events

    parts = {"statements": 0.0, "commit": 0.0, "broker": 0.0, "count": 0}

    def metered(part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                parts[part] += time.perf_counter() - began

        return run

    def statement(execute: Callable[..., Any], *args: Any) -> Any:
        parts["count"] += 1
        return metered("statements", execute)(*args)

    commit, send = connection._commit, events.app.send_task
    connection._commit, events.app.send_task = metered("commit", commit), metered("broker", send)
    try:
        with connection.execute_wrapper(statement):
            yield parts
    finally:
        connection._commit, events.app.send_task = commit, send


@contextmanager
def by_http(port: int, token: str) -> Payer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def pay(due: Due) -> None:
        amount = {"amount": f"{due.amount // 100}.{due.amount % 100:02}", "currency": "CNY"}
        body = json.dumps({"amount": amount, "received_on": due.on.isoformat(), "reference": due.reference})
        path = f"/api/v1/loans/{due.loan_number}/payments"
        connection.request("POST", path, body, {**headers, "Idempotency-Key": due.reference})
        answer = connection.getresponse()
        told = answer.read()
        assert answer.status == 201, told
        if answer.will_close:
            connection.close()

    yield lambda due: _once_more(pay, due, connection), {}


def _once_more(pay: Callable[[Due], None], due: Due, connection: http.client.HTTPConnection) -> None:
    """Between the rounds the server closes a connection that was kept open; open it anew, as any client would."""
    try:
        pay(due)
    except (http.client.RemoteDisconnected, ConnectionError):
        connection.close()
        pay(due)


BARE_PAYMENT = """
WITH event AS (
    INSERT INTO repayments_loanevent (loan_id, kind, effective_on, amount_minor, data, actor)
    VALUES (%(loan_id)s, 'PAYMENT', %(on)s, %(amount)s, '{}', %(actor)s) RETURNING id
), payment AS (
    INSERT INTO repayments_payment
        (event_id, loan_id, reference, channel, amount_minor, received_on,
         fee_minor, penalty_minor, interest_minor, principal_minor, unapplied_minor, is_returned)
    SELECT id, %(loan_id)s, %(reference)s, 'PARTNER', %(amount)s, %(on)s, 0, 0, %(interest)s, %(principal)s, 0, false
    FROM event
)
INSERT INTO repayments_paymentallocation (payment_id, number, fee_minor, interest_minor, principal_minor)
SELECT id, %(number)s, 0, %(interest)s, %(principal)s FROM event
"""
BARE_BALANCE = """
WITH row AS (
    UPDATE repayments_installment SET paid_principal_minor = %(principal)s, paid_interest_minor = %(interest)s
    WHERE loan_id = %(loan_id)s AND version = 1 AND number = %(number)s
)
UPDATE repayments_loanbalance
SET principal_minor = principal_minor - %(principal)s, accrued_through = %(on)s::date - 1, latest_event_on = %(on)s
WHERE loan_id = %(loan_id)s
"""
BARE_ENTRY = """
WITH entry AS (
    INSERT INTO ledger_journalentry (effective_on, description, kind, actor)
    VALUES (%(on)s, %(reference)s, 'PAYMENT', %(actor)s) RETURNING id
)
INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)
SELECT entry.id, line.account, line.side, line.amount, 'CNY', %(loan_id)s
FROM entry, (VALUES (%(cash_account)s, 'D', %(amount)s), (%(principal_account)s, 'C', %(principal)s),
                    (%(interest_account)s, 'C', %(interest)s)) AS line (account, side, amount)
"""
BARE_AUDIT = """
INSERT INTO audit_auditrecord (action, subject_type, subject_id, actor, data)
VALUES ('repayments.payment_received', 'loan', %(loan_id)s::text, %(actor)s,
        jsonb_build_object('reference', %(reference)s, 'amount_minor', %(amount)s))
"""
BARE_TRANSACTION = (
    "SELECT id FROM loans_loan WHERE id = %(loan_id)s FOR NO KEY UPDATE",
    BARE_PAYMENT,
    BARE_BALANCE,
    BARE_ENTRY,
    BARE_AUDIT,
)


@contextmanager
def by_bare_sql() -> Payer:
    import psycopg2

    from dashu.ledger import accounts

    names = {
        "cash_account": accounts.CASH,
        "principal_account": accounts.LOAN_PRINCIPAL,
        "interest_account": accounts.INTEREST_INCOME,
        "actor": ACTOR,
    }
    connection = psycopg2.connect(os.environ["DATABASE_URL"])

    def pay(due: Due) -> None:
        values = {**vars(due), "amount": due.amount, "reference": due.reference, **names}
        with connection, connection.cursor() as cursor:
            for statement in BARE_TRANSACTION:
                cursor.execute(statement, values)

    yield pay, {}
    connection.close()


@contextmanager
def web_server() -> Iterator[int]:
    """Run gunicorn as `script/server` does and give its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        port = listener.getsockname()[1]
        words = ["dashu.wsgi:application", "--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread"]
        sizes = ["--workers", "2", "--threads", "4", "--preload", "--no-control-socket"]
        log = Path(os.environ["DASHU_HOME"]) / "log" / "web.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *words, *sizes],
                cwd=Path(__file__).resolve().parents[1],
                pass_fds=(listener.fileno(),),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _partner() -> Any:
    from dashu.users.models import Partner

    return Partner.objects.create(code="benchmark", name="Partner", user=partner_login())


def _token(port: int) -> str:
    import requests

    answer = requests.post(
        f"http://127.0.0.1:{port}/oauth/token/",
        data={"grant_type": "client_credentials", "scope": "payments:write"},
        auth=(CLIENT, SECRET),
        timeout=60,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _booked() -> int:
    from repayments.models import Payment

    return Payment.objects.count()


def _settle_down() -> None:
    """Let no way pay for what the making of the loans left to do."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


# --- restatements -------------------------------------------------------------------------------------------------
def measure_restatements(
    sizes: list[int], repeat: int, live: Callable[[Any, int], None], when: str
) -> list[dict[str, Any]]:
    """Restate `repeat` loans of each number of events, a loan of each in turn; the first turn only warms up."""
    from django.db.models import Max

    from repayments.models import LoanEvent

    loans = {events: [lived_loan(events - 1, live) for _turn in range(repeat + 1)] for events in sizes}
    lived_to = dict(LoanEvent.objects.order_by("loan_id").values_list("loan_id").annotate(Max("effective_on")))
    _settle_down()
    spent: dict[int, list[float]] = {events: [] for events in sizes}
    parts: dict[int, dict[str, float]] = {events: {} for events in sizes}
    with meter() as running:
        for turn in range(repeat + 1):
            for events in sizes:
                loan_id = loans[events][turn]
                running.update(dict.fromkeys(running, 0))
                lived = (lived_to[loan_id] - LONG_START).days
                late = LONG_START + timedelta(days=10 if when == FIRST_MONTH else lived * turn // (repeat + 1))
                tomorrow = lived_to[loan_id] + timedelta(days=1)
                began = time.perf_counter()
                receive(loan_id, 100_00, late, f"LATE-{loan_id}", today=tomorrow)
                if turn:
                    spent[events].append(time.perf_counter() - began)
                    parts[events] = {part: parts[events].get(part, 0) + running[part] for part in running}
    for events, ids in loans.items():
        assert {LoanEvent.objects.filter(loan_id=loan_id).count() for loan_id in ids} == {events}
    return [_restatement(events, spent[events], parts[events]) for events in sizes]


def _restatement(events: int, spent: list[float], parts: dict[str, float]) -> dict[str, Any]:
    return {
        "events": events,
        "ms": {"median": median(spent) * 1e3, "mean": fmean(spent) * 1e3, "least": min(spent) * 1e3},
        "parts_ms": {part: seconds / len(spent) * 1e3 for part, seconds in parts.items() if part != "count"},
        "statements": parts["count"] / len(spent),
    }


def lived_loan(events: int, live: Callable[[Any, int], None]) -> int:
    """Make a loan of 36 installments that has lived through so many events, its payout among them; return its id."""
    from dashu import events as announcements
    from dashu.users.models import Borrower
    from loans.services.create_loan import create_loan
    from repayments.services.disburse_loan import disburse_loan

    loan = create_loan(
        borrower_id=Borrower.objects.create(name="Long").pk,
        product_code="consumer",
        principal_minor=3_600_000,
        annual_rate=Decimal("0.18"),
        count=LONG_COUNT,
        starts_on=LONG_START,
        actor=ACTOR,
    )
    with announcements.silenced():
        disburse_loan(loan_id=loan.pk, reference=f"OUT-{loan.number}", actor=ACTOR)
        live(loan, events - 1)
    return loan.pk


def _month_by_month(loan: Any, events: int) -> None:
    """An installment is paid on each due date of up to 30 months; the other events are fees, waived a day later."""
    from dashu.finance.installments import Component
    from repayments.services.charge_fee import charge_fee
    from repayments.services.waive_amount import waive_amount

    payments = min(LONG_DAYS // 30, events // 2 + 1)
    payments -= (events - payments) % 2
    fees = (events - payments) // 2
    why = {"reason": "benchmark", "actor": ACTOR}
    rows = loan.installments.order_by("number").values_list("number", "due_on", "principal_minor", "interest_minor")
    for number, due_on, principal, interest in rows[:payments]:
        receive(loan.pk, principal + interest, due_on, f"L{loan.pk}-{number}", today=due_on)
        for _fee in range(fees * (number - 1) // payments, fees * number // payments):
            on, after = due_on + timedelta(days=3), due_on + timedelta(days=4)
            charge_fee(loan_id=loan.pk, code="notary", amount_minor=500, charged_on=on, today=on, **why)
            waive_amount(
                loan_id=loan.pk, component=Component.FEE, amount_minor=500, waived_on=after, today=after, **why
            )


def _in_even_parts(loan: Any, events: int, *, percent: int) -> None:
    """
    Over 30 months so many percent of what is demanded is paid in even parts.

    After a third of the payments the loan gets a payment holiday, after two thirds one payment is returned.
    """
    from repayments.services.extend_loan import extend_loan
    from repayments.services.return_payment import return_payment

    payments = events - 2
    monthly = loan.installments.filter(number=1).values_list("principal_minor", "interest_minor")[0]
    amount = sum(monthly) * LONG_DAYS * percent // (payments * 30 * 100)
    why = {"reason": "benchmark", "actor": ACTOR}
    for number in range(1, payments + 1):
        on = LONG_START + timedelta(days=LONG_DAYS * number // payments)
        receive(loan.pk, amount, on, f"L{loan.pk}-{number}", today=on)
        if number == payments // 3:
            extend_loan(loan_id=loan.pk, months=1, granted_on=on, today=on, **why)
        if number == 2 * payments // 3:
            return_payment(reference=f"L{loan.pk}-{number}", returned_on=on, today=on, **why)


LIVES: dict[str, Callable[[Any, int], None]] = {
    "paid month by month": _month_by_month,
    "paid in even parts": partial(_in_even_parts, percent=102),
    "behind from the first month": partial(_in_even_parts, percent=95),
}


# --- telling ------------------------------------------------------------------------------------------------------
def report_payments(ways: dict[str, Any]) -> None:
    columns = ("a second", "p50 ms", "p95 ms", "p99 ms", "÷ bare SQL")
    print(f"\n{'payments of one installment':<28}" + "".join(f"{column:>11}" for column in columns))
    for name, way in ways.items():
        bare = ways[BARE if ", 1 " in name else BARE_TWICE]
        times = "".join(f"{way['ms'][cut]:>11.2f}" for cut in ("p50", "p95", "p99"))
        print(f"{name:<28}{way['per_second']:>11,.0f}{times}{way['per_second'] / bare['per_second']:>11.2f}")
    service = ways[SERVICE]
    whole = 1e3 / service["per_second"]
    count = service["parts_ms"]["count"] / 1e3
    print(f"one in the service: {count:.0f} statements, {whole:.2f} ms; {_parts(whole, service['parts_ms'])}")


def report_restatements(lives: dict[str, list[dict[str, Any]]]) -> None:
    print(f"\nrestating a loan of {LONG_COUNT} installments (target: {TARGET_MS} ms at 60 events)")
    for life, sizes in lives.items():
        print(f"\n{life}")
        _report_sizes(sizes)


def _report_sizes(sizes: list[dict[str, Any]]) -> None:
    print(f"{'events':>6}{'median ms':>12}{'least ms':>12}{'statements':>12}   on average")
    for size in sizes:
        ms = size["ms"]
        line = f"{size['events']:>6}{ms['median']:>12.1f}{ms['least']:>12.1f}{size['statements']:>12.0f}"
        print(f"{line}   {ms['mean']:.1f} ms; {_parts(ms['mean'], size['parts_ms'])}")
    if len(sizes) > 1:
        for name in ("median", "least"):
            slopes = f"{exponent(sizes, name):.2f}, between the last two {exponent(sizes[-2:], name):.2f}"
            print(f"growth exponent of the {name} over all sizes {slopes} (1 is linear)")


def exponent(sizes: list[dict[str, Any]], name: str) -> float:
    """Return the slope of the times over the events, both as logarithms."""
    events = [math.log(size["events"]) for size in sizes]
    return linear_regression(events, [math.log(size["ms"][name]) for size in sizes])[0]


def _parts(whole: float, parts: dict[str, float]) -> str:
    named = {name: parts[name] for name in ("statements", "commit", "broker")}
    named["Python"] = whole - sum(named.values())
    return ", ".join(f"{name} {ms:.2f} ms ({ms / whole:.0%})" for name, ms in named.items())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--payments", type=int, default=2_000, metavar="N", help="of each way")
    parser.add_argument("--clients", type=int, default=4, metavar="N", help="that post at the same time")
    parser.add_argument("--events", type=int, nargs="+", default=[10, 20, 40, 60, 120, 240], metavar="N")
    parser.add_argument("--repeat", type=int, default=11, metavar="N", help="loans restated for each number of events")
    parser.add_argument("--limit", type=int, default=600, metavar="SECONDS", help="a statement is cut off after this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="keep the servers' data there for the next run")
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
