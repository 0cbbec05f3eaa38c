"""
How long the nightly close takes on a large book: `python benchmarks/close.py --loans 100000 1000000 3000000`.

A database of its own is made in a temporary folder and removed at the end; `close_book.py` says what is in it. The real
code closes two nights, with worker processes that claim ranges as Celery's workers do: the first night finds everybody
who is behind for the first time, the second is an ordinary one. The same date is then closed once more.

Beside each ordinary night, on a copy of the book as it was before: the least SQL that writes the same rows
(`close_bare.py`), and on a small book the same work loan by loan through the ORM (`close_by_orm.py`). What all of them
wrote is compared, row by row.
"""

import argparse
import json
import math
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from close_bare import close_bare
from close_book import (
    COUNT,
    FIRST_NIGHT,
    NIGHT,
    OVERDUE_OF_100,
    TODAY,
    build,
    overdue_by_construction,
    pay_on_the_day,
    paying_by_construction,
    written,
)
from close_by_orm import close_by_orm
from servers import MakesDatabases, Workers, own_database, set_up, timed

BARE = "bare SQL"
BY_ORM = "loan by loan through the ORM"

MB = 1024 * 1024


@dataclass
class Written:
    """What the server wrote: its log, and by how much tables with their indexes grew; megabytes."""

    log_mb: int = 0
    grown_mb: dict[str, int] = field(default_factory=dict)

    @property
    def total_grown_mb(self) -> int:
        return sum(self.grown_mb.values())


@dataclass
class Night:
    """One close: seconds from start to end, seconds of each step added up over the workers, counts, peak memory."""

    elapsed: float
    steps: dict[str, float]
    counts: dict[str, int]
    ranges: int
    worker_mb: int
    server_mb: int
    written: Written = field(default_factory=Written)


@dataclass
class Rival:
    """Another way to write what an ordinary night writes: seconds, and what the server wrote."""

    elapsed: float
    written: Written


@dataclass
class Result:
    loans: int
    built: float
    first: Night
    ordinary: Night
    again: float
    rivals: dict[str, Rival]


def main() -> None:
    chosen = _arguments()
    began = time.monotonic()
    with own_database(plans=chosen.plans, home=chosen.home) as make_database:
        results = []
        sizes = [chosen.orm_loans, *chosen.loans] if chosen.orm_loans else chosen.loans
        for loans in dict.fromkeys(sizes):
            left = int(chosen.limit - (time.monotonic() - began))
            if left <= 0:
                print(f"The limit of {chosen.limit} s is reached; {loans:,} loans are left out.")
                break
            rivals = {BARE: close_bare} | ({BY_ORM: close_by_orm} if loans == chosen.orm_loans else {})
            result = measure(loans, chosen.workers, rivals, make_database, left)
            report(result)
            results.append(result)
        compare(results)
        growth([result for result in results if result.loans in chosen.loans])
        if chosen.json:
            chosen.json.write_text(json.dumps([asdict(result) for result in results], indent=1))


def measure(
    loans: int, workers: int, rivals: dict[str, Callable[..., float]], make_database: MakesDatabases, seconds: int
) -> Result:
    book = f"bench_{loans}"
    make_database(book, seconds)
    built = timed(lambda: build(loans))
    copies = {name: f"{book}_{number}" for number, name in enumerate(rivals)}
    with Closers(workers, _work) as pool:
        first = pool.close(FIRST_NIGHT)
        pay_on_the_day(loans)
        for copy in copies.values():
            make_database(copy, seconds, template=book)
        make_database.connect(book, seconds)
        with writing() as wrote:
            ordinary = pool.close(NIGHT)
        ordinary.written = wrote
        again = pool.close(NIGHT)
    assert first.counts["overdue"] == overdue_by_construction(loans, FIRST_NIGHT), first.counts
    assert ordinary.counts["overdue"] == overdue_by_construction(loans, NIGHT), ordinary.counts
    assert ordinary.counts["signals"] == paying_by_construction(loans), ordinary.counts
    assert ordinary.counts["differences"] == 0, "the book does not reconcile"
    assert again.counts == ordinary.counts, "closing a closed date again changed something"
    expected = written()
    found = {}
    for name, close in rivals.items():
        make_database.connect(copies[name], seconds)
        with writing() as wrote:
            elapsed = close(loans, workers, NIGHT)
        found[name] = Rival(elapsed, wrote)
        assert (ours := written()) == expected, f"{name} wrote something else: {ours} instead of {expected}"
    for name in (book, *copies.values()):
        make_database.drop(name)
    return Result(loans, built, first, ordinary, again.elapsed, found)


@contextmanager
def writing() -> Iterator[Written]:
    """Note what the database in use writes inside."""
    found = Written()
    before, log = _sizes()
    yield found
    after, log_after = _sizes()
    found.log_mb = (log_after - log) // MB
    found.grown_mb = {table: (after[table] - size) // MB for table, size in before.items() if after[table] - size >= MB}


def _sizes() -> tuple[dict[str, int], int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables")
        sizes = dict(cursor.fetchall())
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
        return sizes, cursor.fetchone()[0]


class Closers(Workers):
    def close(self, day: date, *, today: date = TODAY) -> Night:
        from collections_mgmt.services import close_day

        started = time.perf_counter()
        run = close_day.start_close(business_date=day)
        for end in self._ends:
            end.send((run.pk, today))
        peaks = [end.recv() for end in self._ends]
        run = close_day.finish_close(run_id=run.pk, today=today)
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
    while (asked := end.recv()) is not None:
        run_id, today = asked
        while close_next_range(run_id=run_id, today=today):
            pass
        peaks = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, _server_peak_mb(connection)
        connection.close()  # the book is copied between two nights, which suffers nobody connected to it
        end.send(peaks)


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
    night, loans = result.ordinary, result.loans
    print(f"\n{loans:,} active loans, {COUNT} installments each, {OVERDUE_OF_100}% overdue, 2% pay on the day")
    print(f"  book built in {result.built:.1f} s")
    print(f"  first night: {result.first.elapsed:.2f} s, {loans / result.first.elapsed:,.0f} loans/s")
    print(f"  ordinary night: {night.elapsed:.2f} s, {loans / night.elapsed:,.0f} loans/s, {night.ranges} ranges")
    print(f"    {_counts(night.counts)}")
    for step, seconds in night.steps.items():
        print(f"    {step:<13} {seconds:8.2f} s of work  {loans / max(seconds, 1e-6):>14,.0f} loans/s")
    print(f"    peak memory: worker {night.worker_mb} MB, its server process {night.server_mb} MB")
    print(f"    {_bytes(night.written, loans)}")
    print(f"  the same date again: {result.again:.3f} s")
    for name, rival in result.rivals.items():
        print(f"  {name}: {rival.elapsed:.2f} s, {loans / rival.elapsed:,.0f} loans/s; the same rows, none differs")
        print(f"    {_bytes(rival.written, loans)}")
        print(f"    the ordinary night takes {night.elapsed / rival.elapsed:.3g} times as long")


def compare(results: list[Result]) -> None:
    by_orm = next((result for result in results if BY_ORM in result.rivals), None)
    if by_orm is None:
        return
    rate = by_orm.loans / by_orm.rivals[BY_ORM].elapsed
    print(f"\nLoans a second, over {rate:,.0f} a second loan by loan through the ORM")
    for result in results:
        print(f"  {result.loans:>9,} loans: {result.loans / result.ordinary.elapsed / rate:,.0f} times as many")


def growth(results: list[Result]) -> None:
    for small, large in pairwise(results):
        scale = math.log(large.loans / small.loans)
        print(f"\nGrowth from {small.loans:,} to {large.loans:,} loans (1.00 is proportional)")
        pairs = (
            ("first night", small.first.elapsed, large.first.elapsed),
            ("ordinary night", small.ordinary.elapsed, large.ordinary.elapsed),
            (BARE, small.rivals[BARE].elapsed, large.rivals[BARE].elapsed),
        )
        for name, before, after in pairs:
            print(f"  {name:<16} exponent {math.log(after / before) / scale:.2f}")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _bytes(wrote: Written, loans: int) -> str:
    tables = ", ".join(f"{table} {size}" for table, size in sorted(wrote.grown_mb.items(), key=lambda item: -item[1]))
    of_a_loan = wrote.log_mb * MB / loans
    return (
        f"written: {wrote.log_mb} MB of log ({of_a_loan:,.0f} bytes a loan);"
        f" tables grew by {wrote.total_grown_mb} MB ({tables})"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, nargs="+", default=[100_000, 1_000_000], metavar="N")
    parser.add_argument("--orm-loans", type=int, default=5_000, metavar="N", help="the book of the ORM; 0 for none")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, default=1_800, metavar="SECONDS", help="start nothing after this time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="keep the servers' data there for the next run")
    parser.add_argument("--plans", type=Path, metavar="FILE", help="write the plans of statements over 0.1 s to a file")
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    return parser.parse_args()


if __name__ == "__main__":
    main()
