"""
How fast reminders leave, and that none is lost or sent twice: `python benchmarks/reminders.py --borrowers 10000`.

A database of its own is made in a temporary folder and removed at the end. Every second borrower has two loans, all due
in three days. The real close queues the reminders of the night; then 2% of the borrowers pay, and worker processes send
as Celery's workers do, to a provider of text messages that fails one call in ten: half of these before it has taken the
message, half after. Its lookups fail as often. Then it tells what became of each message, one callback in ten twice,
all in a mixed order and by two processes at once.

At the end what the provider has is held against the outbox: each borrower who owes has one message, in the very words
that the provider took; nothing was handed over again that the provider had; nobody who has paid was written to; every
event is on record once.
"""

import argparse
import io
import json
import os
import platform
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import Workers, own_database, set_up

MORNING = date(2026, 6, 15)
DUE = MORNING + timedelta(days=3)
NINE = datetime(2026, 6, 15, 9, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
PAID_OF_100 = 2
SEED = 20260615

BOOK = """
INSERT INTO users_borrower (number, name, name_index, phone, phone_index, language)
SELECT 'BENCH' || n, %(name)s, %(name_index)s, %(phone)s, encode(sha256(n::text::bytea), 'hex'),
       (ARRAY['zh-hans', 'zh-hant', 'en'])[1 + n %% 3]
FROM generate_series(1, %(borrowers)s) AS n;

INSERT INTO loans_loan
    (id, number, borrower_id, product_terms_id, status, currency, principal_minor, annual_rate, method,
     installment_count, starts_on, interest_basis, interest_year_days, waterfall, tolerance_bps,
     penalty_annual_rate, penalty_base, penalty_year_days, penalty_grace_days, source, external_id)
SELECT n, 'BENCH' || n,
       %(first_borrower)s + CASE WHEN n <= %(borrowers)s THEN n - 1 ELSE 2 * (n - %(borrowers)s) - 1 END,
       (%(terms)s)[1 + n %% 3], 'ACTIVE', 'CNY', 1200000, 0.18, 'equal_installment', 12,
       %(due)s::date - interval '6 months', 'scheduled', 365,
       '{"order": ["fee", "penalty", "interest", "principal"], "direction": "by_installment",
         "surplus": "next_installment"}', 0, 0.24, 'principal', 360, 0, '', ''
FROM generate_series(1, %(borrowers)s + %(borrowers)s / 2) AS n;

INSERT INTO repayments_installment
    (loan_id, version, number, due_on, principal_minor, interest_minor, fee_minor, paid_principal_minor,
     paid_interest_minor)
SELECT loan.id, 1, row.number, (%(due)s::date + make_interval(months => row.number - 6))::date, 100000, 9900, 0,
       CASE WHEN row.number < 6 THEN 100000 ELSE 0 END, CASE WHEN row.number < 6 THEN 9900 ELSE 0 END
FROM loans_loan AS loan, generate_series(1, 12) AS row (number);

INSERT INTO repayments_loanbalance
    (loan_id, principal_minor, accrued_through, interest_through, latest_event_on)
SELECT id, 700000, starts_on, starts_on, starts_on FROM loans_loan;
"""

PAY = """
UPDATE repayments_installment AS row SET paid_principal_minor = 100000, paid_interest_minor = 9900
FROM loans_loan AS loan
WHERE loan.id = row.loan_id AND row.number = 6 AND (loan.borrower_id - %(first_borrower)s) %% 100 < %(paid)s
"""


@dataclass
class Result:
    borrowers: int
    loans: int
    queue_seconds: float
    send_seconds: float
    callback_seconds: float
    waves: int
    counts: dict[str, int]
    provider: dict[str, int]
    callbacks: int
    events: int
    problems: list[str] = field(default_factory=list)


def main() -> None:
    chosen = _arguments()
    with own_database(home=chosen.home) as make_database, Provider(chosen.fails) as provider:
        os.environ.update(
            DASHU_SMS_TRANSPORT="http",
            DASHU_SMS_GATEWAY_URL=provider.url,
            DASHU_MESSAGE_CALLBACK_SECRET="benchmark",  # noqa: S106
            DASHU_LOG_LEVEL="CRITICAL",  # the balances of this book have no ledger
        )
        make_database("bench_reminders", chosen.limit)
        result = measure(chosen, provider)
    report(result, chosen)
    if chosen.json:
        chosen.json.write_text(json.dumps(vars(result), indent=1))
    if result.problems:
        sys.exit("\n".join(result.problems))


def measure(chosen: argparse.Namespace, provider: "Provider") -> Result:
    from django.db import connection

    from collections_mgmt.services.close_day import close_date
    from dashu.messaging.models import OutboxMessage

    first_borrower = build(chosen.borrowers)
    started = time.perf_counter()
    close_date(business_date=MORNING - timedelta(days=1), today=MORNING)
    queue_seconds = time.perf_counter() - started
    queued = OutboxMessage.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(PAY, {"first_borrower": first_borrower, "paid": PAID_OF_100})
    with Senders(chosen.workers, _work) as pool:
        send_seconds, waves, counts = _send_in_waves(pool)
        events = _events(provider, chosen.duplicates)
        started = time.perf_counter()
        answers = pool.call_back(events)
        callback_seconds = time.perf_counter() - started
    result = Result(
        borrowers=chosen.borrowers,
        loans=chosen.borrowers + chosen.borrowers // 2,
        queue_seconds=queue_seconds,
        send_seconds=send_seconds,
        callback_seconds=callback_seconds,
        waves=waves,
        counts=counts | {"queued": queued},
        provider=provider.told(),
        callbacks=len(events),
        events=len({event["event_id"] for event in events}),
    )
    result.problems = problems(result, provider, answers)
    return result


def build(borrowers: int) -> int:
    """Write the book and return the id of the first borrower."""
    from close_book import sealed_particulars
    from django.core.management import call_command
    from django.db import connection

    from dashu.messaging.services.load_wordings import load_wordings
    from dashu.users.models import Borrower
    from loans.models import ProductTerms
    from loans.services.load_products import load_products

    call_command("migrate", verbosity=0)
    call_command("load_policy", verbosity=0, stdout=io.StringIO())
    load_products()
    load_wordings(on=MORNING)
    first_borrower = Borrower.objects.create(name="The first").pk + 1
    terms = list(ProductTerms.objects.order_by("pk").values_list("pk", flat=True)[:3])
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        values = {"borrowers": borrowers, "first_borrower": first_borrower, "terms": terms, "due": DUE}
        cursor.execute(BOOK, values | sealed_particulars())
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    return first_borrower


def _send_in_waves(pool: "Senders") -> tuple[float, int, dict[str, int]]:
    """Send until nothing waits: after each wave the clock goes on to when the next tries are due."""
    from django.db.models import Count, Max

    from dashu.messaging.models import OutboxMessage

    seconds, waves, now = 0.0, 0, NINE
    while waves < 10:
        started = time.perf_counter()
        pool.send(now)
        seconds += time.perf_counter() - started
        waves += 1
        waiting = OutboxMessage.objects.filter(status__in=["PENDING", "SENDING"])
        latest = waiting.aggregate(latest=Max("not_before"))["latest"]
        if latest is None:
            break
        now = max(now, latest) + timedelta(seconds=1)
    rows = OutboxMessage.objects.values("status").annotate(count=Count("pk")).order_by()
    return seconds, waves, {row["status"]: row["count"] for row in rows}


def _events(provider: "Provider", duplicates: int) -> list[dict[str, str]]:
    """Return what the provider tells, in a mixed order, `duplicates` of 100 of it twice."""
    chance = random.Random(SEED)  # noqa: S311
    events = []
    for key in provider.taken:
        kind = chance.choices(["DELIVERED", "FAILED", "BOUNCED", "OPTED_OUT"], [95, 2, 2, 1])[0]
        events.append({"event_id": f"evt-{key}", "key": key, "kind": kind, "occurred_at": NINE.isoformat()})
    events += [event for event in events if chance.randrange(100) < duplicates]
    chance.shuffle(events)
    return events


def problems(result: Result, provider: "Provider", answers: dict[str, int]) -> list[str]:
    """Return everything that was lost, sent twice, sent though paid, or is on record otherwise than it was."""
    from dashu.messaging.models import DeliveryReceipt, OutboxMessage

    paid = sum(number % 100 < PAID_OF_100 for number in range(result.borrowers))
    sent = {str(pk): body for pk, body in OutboxMessage.objects.filter(status="SENT").values_list("pk", "body")}
    twice = OutboxMessage.objects.values("borrower_id", "reminds_on").distinct().count()
    told = DeliveryReceipt.objects.values("message_id").distinct().count()
    delivered = OutboxMessage.objects.exclude(delivery="").count()
    opted_out = DeliveryReceipt.objects.filter(kind="OPTED_OUT").count()
    checks = {
        "not one message for each borrower": result.counts["queued"] == result.borrowers == twice,
        "lost": result.counts.get("SENT", 0) == result.borrowers - paid,
        "told though paid": result.counts.get("CANCELLED", 0) == paid,
        "given up or left": set(result.counts) <= {"SENT", "CANCELLED", "queued"},
        "on record otherwise than the provider has it": sent == provider.taken,
        "handed over again though the provider had it": result.provider["again"] == 0,
        "events lost or counted twice": told == DeliveryReceipt.objects.count() == result.events == answers["new"],
        "repeated events": answers["known"] == result.callbacks - result.events,
        "deliveries not noted": delivered == result.events - opted_out,
    }
    return [name for name, is_well in checks.items() if not is_well]


class Provider:
    """
    A provider of text messages on the loopback interface.

    :ivar taken: the text of each key that it has.
    """

    def __init__(self, fails: int) -> None:
        self.fails, self.lock = fails, threading.Lock()
        self.chance = random.Random(SEED)  # noqa: S311
        self.taken: dict[str, str] = {}
        self.counts = {"posted": 0, "failed": 0, "asked": 0, "again": 0}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.request_queue_size = 128
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/sms"

    def __enter__(self) -> "Provider":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def told(self) -> dict[str, int]:
        return {**self.counts, "taken": len(self.taken)}

    def post(self, key: str, text: str) -> int:
        with self.lock:
            self.counts["posted"] += 1
            self.counts["again"] += key in self.taken
            if self.chance.randrange(100) >= self.fails:
                self.taken.setdefault(key, text)
                return 200
            self.counts["failed"] += 1
            if self.chance.randrange(2):
                self.taken.setdefault(key, text)
            return 500

    def get(self, key: str) -> int:
        with self.lock:
            self.counts["asked"] += 1
            if self.chance.randrange(100) < self.fails:
                return 503
            return 200 if key in self.taken else 404

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(provider.post(self.headers["Idempotency-Key"], body["text"]))

            def do_GET(self) -> None:
                self._answer(provider.get(self.path.rpartition("/")[2]))

            def _answer(self, status: int) -> None:
                body = b'{"id": "sms"}'
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        return Handler


class Senders(Workers):
    def send(self, now: datetime) -> None:
        for end in self._ends:
            end.send(("send", now))
        for end in self._ends:
            end.recv()

    def call_back(self, events: list[dict[str, str]]) -> dict[str, int]:
        """Have every worker deliver a part of the events and return how many were new and known."""
        for place, end in enumerate(self._ends):
            end.send(("call_back", events[place :: len(self._ends)]))
        sums: dict[str, int] = {"new": 0, "known": 0, "unknown": 0}
        for end in self._ends:
            for name, count in end.recv().items():
                sums[name] += count
        return sums


def _work(end: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    set_up()
    from django.db import connection
    from django.test import RequestFactory

    from dashu.messaging import simulated
    from dashu.messaging.sending import send_due
    from dashu.messaging.views import provider_callback

    connection.ensure_connection()
    end.send("ready")
    while (asked := end.recv()) is not None:
        what, given = asked
        if what == "send":
            began = time.monotonic()

            def clock(began: float = began, now: datetime = given) -> datetime:
                return now + timedelta(seconds=time.monotonic() - began)

            end.send(dict(send_due(clock=clock, until=given + timedelta(hours=1))))
            continue
        sums: dict[str, int] = {"new": 0, "known": 0, "unknown": 0}
        factory = RequestFactory()
        for start in range(0, len(given), 100):
            body, headers = simulated.signed(given[start : start + 100])
            posted = factory.post("/messages/callbacks/", body, content_type="application/json", headers=headers)
            answer = provider_callback(posted)
            assert answer.status_code == 200, answer.content
            for name, count in json.loads(answer.content).items():
                sums[name] += count
        end.send(sums)


def report(result: Result, chosen: argparse.Namespace) -> None:
    sent, provider = result.counts.get("SENT", 0), result.provider
    print(f"\n{result.borrowers:,} borrowers with {result.loans:,} loans due in three days; {chosen.workers} workers")
    print(f"  queued by the close: {result.counts['queued']:,} messages, the whole night {result.queue_seconds:.2f} s")
    print(f"  sent: {sent:,} in {result.send_seconds:.1f} s, {sent / result.send_seconds:,.0f} messages/s,", end="")
    print(f" {result.waves} waves; {result.counts.get('CANCELLED', 0):,} cancelled because they were paid")
    print(
        f"  the provider: {provider['posted']:,} calls, {provider['failed']:,} failed, {provider['taken']:,} taken,",
        end="",
    )
    print(f" {provider['asked']:,} lookups; {provider['again']} handed over again")
    rate = result.callbacks / result.callback_seconds
    print(
        f"  callbacks: {result.callbacks:,} events, {result.callbacks - result.events:,} of them twice, {rate:,.0f}/s"
    )
    print("  " + ("PROBLEMS: " + "; ".join(result.problems) if result.problems else "nothing lost, nothing sent twice"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=10_000, metavar="N")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fails", type=int, default=10, metavar="PERCENT", help="calls that the provider fails")
    parser.add_argument("--duplicates", type=int, default=10, metavar="PERCENT", help="callbacks that come twice")
    parser.add_argument("--limit", type=int, default=1_800, metavar="SECONDS", help="longest statement")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="keep the servers' data there for the next run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    return parser.parse_args()


if __name__ == "__main__":
    main()
