"""
How long the nightly close takes on a large book: `python benchmarks/close.py --loans 100000 1000000`.

A database of its own is made in a temporary folder and removed at the end. The book is written by set-based SQL: active
loans of 12 installments whose due days are spread over the month, 4% of them behind by 1 to 4 installments. Then the
real code closes two nights, with worker processes that claim ranges as Celery's workers do: the first night finds
everybody who is behind for the first time, the second is an ordinary one. The same date is then closed once more, and a
bare SQL aggregate of the overdue rows is timed for comparison.
"""

import argparse
import io
import json
import math
import multiprocessing
import os
import platform
import resource
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import own_database, set_up, timed

FIRST_NIGHT = date(2026, 6, 14)
NIGHT = FIRST_NIGHT + timedelta(days=1)
TODAY = NIGHT + timedelta(days=1)
COUNT = 12
OVERDUE_OF_100 = 4

BOOK = """
INSERT INTO users_borrower (number, name, phone)
SELECT 'BENCH' || n, 'Borrower ' || n, '+86120' || lpad(n::text, 8, '0') FROM generate_series(1, %(loans)s) AS n;

INSERT INTO loans_loan
    (id, number, borrower_id, product_terms_id, status, currency, principal_minor, annual_rate, method,
     installment_count, starts_on, interest_basis, interest_year_days, waterfall, tolerance_bps, penalty_annual_rate,
     penalty_base, penalty_year_days, penalty_grace_days, source, external_id)
SELECT n, 'BENCH' || n, %(first_borrower)s + n - 1, (%(terms)s)[1 + n %% 3], 'ACTIVE', 'CNY', 1200000, 0.18,
       'equal_installment', 12, (%(night)s::date - (n %% 30)::int) - interval '6 months', 'scheduled', 365,
       '{"order": ["fee", "penalty", "interest", "principal"], "direction": "by_installment",
         "surplus": "next_installment"}', 0, 0.24, 'principal', 360, 0, '', ''
FROM generate_series(1, %(loans)s) AS n;

-- The sixth installment of loan n falls due n mod 30 days before the night.
INSERT INTO repayments_installment
    (loan_id, version, number, due_on, principal_minor, interest_minor, fee_minor, paid_principal_minor,
     paid_interest_minor)
SELECT loan_id, 1, number, due_on, 100000, 9900, 0,
       CASE WHEN is_paid THEN 100000 ELSE 0 END, CASE WHEN is_paid THEN 9900 ELSE 0 END
FROM (
    SELECT n AS loan_id, number, due_on,
           due_on < %(night)s AND NOT (n %% 100 < %(overdue)s AND number > 6 - (1 + n / 100 %% 4)) AS is_paid
    FROM generate_series(1, %(loans)s) AS n, generate_series(1, 12) AS number,
         LATERAL (SELECT (%(night)s::date - n %% 30 + make_interval(months => number - 6))::date AS due_on) AS due
) AS planned
ORDER BY loan_id, number;

INSERT INTO repayments_loanbalance
    (loan_id, principal_minor, accrued_through, interest_through, latest_event_on)
SELECT loan.id, sum(row.principal_minor - row.paid_principal_minor), loan.starts_on, loan.starts_on, loan.starts_on
FROM loans_loan AS loan JOIN repayments_installment AS row ON row.loan_id = loan.id GROUP BY loan.id;
"""

BARE = """
SELECT count(*), sum(days), sum(minor) FROM (
    SELECT loan_id, %(night)s::date - min(due_on) AS days, sum(unpaid_minor) AS minor
    FROM repayments_installment WHERE unpaid_minor > 0 AND due_on < %(night)s GROUP BY loan_id
) AS late
"""


@dataclass
class Night:
    """One close: seconds from start to end, seconds of each step added up over the workers, counts, peak memory."""

    elapsed: float
    steps: dict[str, float]
    counts: dict[str, int]
    ranges: int
    worker_mb: int
    server_mb: int


@dataclass
class Result:
    loans: int
    built: float
    first: Night
    ordinary: Night
    again: float
    bare: float


def main() -> None:
    chosen = _arguments()
    began = time.monotonic()
    with own_database(plans=chosen.plans) as make_database:
        results = []
        for loans in chosen.loans:
            left = chosen.limit - (time.monotonic() - began)
            if left <= 0:
                print(f"The limit of {chosen.limit} s is reached; {loans:,} loans are left out.")
                break
            make_database(f"bench_{loans}", int(left))
            result = measure(loans, chosen.workers)
            report(result)
            results.append(result)
        growth(results)
        if chosen.json:
            chosen.json.write_text(json.dumps([_plain(result) for result in results], indent=1))


def measure(loans: int, workers: int) -> Result:
    built = timed(lambda: build(loans))
    with Workers(workers) as pool:
        first = pool.close(FIRST_NIGHT)
        ordinary = pool.close(NIGHT)
        again = pool.close(NIGHT)
    expected = overdue_by_construction(loans, NIGHT)
    assert first.counts["overdue"] == overdue_by_construction(loans, FIRST_NIGHT), first.counts
    assert ordinary.counts["overdue"] == expected, ordinary.counts
    assert again.counts == ordinary.counts, "closing a closed date again changed something"
    return Result(loans, built, first, ordinary, again.elapsed, bare_aggregate(expected))


def build(loans: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from dashu.users.models import Borrower
    from loans.models import ProductTerms
    from loans.services.load_products import load_products

    call_command("migrate", verbosity=0)
    call_command("load_policy", verbosity=0, stdout=io.StringIO())
    load_products()
    first_borrower = Borrower.objects.create(name="The first").pk + 1
    terms = list(ProductTerms.objects.order_by("pk").values_list("pk", flat=True)[:3])
    parameters = {
        "loans": loans,
        "first_borrower": first_borrower,
        "terms": terms,
        "night": NIGHT,
        "overdue": OVERDUE_OF_100,
    }
    with connection.cursor() as cursor:
        # The rows refer to each other by construction; checking 14 million references would take minutes.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(BOOK, parameters)
        cursor.execute("SELECT setval(pg_get_serial_sequence('loans_loan', 'id'), %s)", [loans])
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def overdue_by_construction(loans: int, night: date) -> int:
    """Return how many loans are behind: those whose only open installment falls due on the night or later are not."""
    latest = (NIGHT - night).days
    return sum(n % 100 < OVERDUE_OF_100 and (n // 100 % 4 > 0 or n % 30 > latest) for n in range(1, loans + 1))


def bare_aggregate(expected: int) -> float:
    """Return the median of three runs of the plain aggregate over the overdue rows."""
    from django.db import connection

    spent = []
    for _run in range(3):
        with connection.cursor() as cursor:
            started = time.perf_counter()
            cursor.execute(BARE, {"night": NIGHT})
            count = cursor.fetchone()[0]
            spent.append(time.perf_counter() - started)
        assert count == expected
    return sorted(spent)[1]


class Workers:
    """Processes that are set up and wait, as Celery's workers do before the night begins."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._ends: list[Connection] = []
        self._processes = []
        for _number in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, dict(os.environ)), daemon=True)
            process.start()
            self._ends.append(ours)
            self._processes.append(process)
        for end in self._ends:
            end.recv()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_error: object) -> None:
        for end in self._ends:
            end.send(None)
        for process in self._processes:
            process.join(30)

    def close(self, day: date) -> Night:
        from collections_mgmt.services import close_day

        started = time.perf_counter()
        run = close_day.start_close(business_date=day)
        for end in self._ends:
            end.send(run.pk)
        peaks = [end.recv() for end in self._ends]
        run = close_day.finish_close(run_id=run.pk, today=TODAY)
        elapsed = time.perf_counter() - started
        told: Any = close_day.summary(run)
        assert told["status"] == "CLOSED", told
        assert told["quarantined"] == 0, told
        return Night(
            elapsed,
            told["seconds"],
            told["counts"],
            told["ranges"],
            worker_mb=max(worker for worker, _server in peaks),
            server_mb=max(server for _worker, server in peaks),
        )


def _work(end: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    set_up()
    from django.db import connection

    from collections_mgmt.services.close_range import close_next_range

    connection.ensure_connection()
    end.send("ready")
    while (run_id := end.recv()) is not None:
        while close_next_range(run_id=run_id, today=TODAY):
            pass
        end.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, _server_peak_mb(connection)))


def _server_peak_mb(connection: Any) -> int:
    """Return the most memory that the server process of this connection has held, its shared buffers included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) // 1024


def report(result: Result) -> None:
    print(f"\n{result.loans:,} active loans, {COUNT} installments each, {OVERDUE_OF_100}% overdue")
    print(f"  book built in {result.built:.1f} s")
    for name, night in (("first night", result.first), ("ordinary night", result.ordinary)):
        rate = result.loans / night.elapsed
        print(f"  {name}: {night.elapsed:.2f} s, {rate:,.0f} loans/s, {night.ranges} ranges; {_counts(night.counts)}")
        for step, seconds in night.steps.items():
            print(f"    {step:<10} {seconds:8.2f} s of work  {result.loans / max(seconds, 1e-6):>14,.0f} loans/s")
        print(f"    peak memory: worker {night.worker_mb} MB, its server process {night.server_mb} MB")
    print(f"  the same date again: {result.again:.3f} s")
    print(f"  bare aggregate of the overdue rows: {result.bare:.3f} s", end="")
    print(f"; the ordinary night takes {result.ordinary.elapsed / result.bare:.1f} times as long")


def growth(results: list[Result]) -> None:
    if len(results) < 2:
        return
    small, large = results[0], results[-1]
    scale = math.log(large.loans / small.loans)
    print(f"\nGrowth from {small.loans:,} to {large.loans:,} loans (1.00 is proportional)")
    pairs = (
        ("first night", small.first.elapsed, large.first.elapsed),
        ("ordinary night", small.ordinary.elapsed, large.ordinary.elapsed),
        ("bare aggregate", small.bare, large.bare),
    )
    for name, before, after in pairs:
        print(f"  {name:<16} exponent {math.log(after / before) / scale:.2f}")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _plain(result: Result) -> dict[str, Any]:
    return {**vars(result), "first": vars(result.first), "ordinary": vars(result.ordinary)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, nargs="+", default=[100_000, 1_000_000], metavar="N")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, default=1_800, metavar="SECONDS", help="start nothing after this time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--plans", type=Path, metavar="FILE", help="write the plans of statements over 0.1 s to a file")
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    return parser.parse_args()


if __name__ == "__main__":
    main()
