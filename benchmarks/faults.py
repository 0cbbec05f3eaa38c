"""
What becomes of the nightly close when processes die in it: `python benchmarks/faults.py`.

A small book owes many dates. Two workers and beat close them, as in production but for a clock that ticks every second.
While each date is being closed, a worker (with its children), beat, Postgres or Valkey is killed with signal 9, at a
moment that comes from the seed: after so many of the date's ranges. In every fourth run a second one dies soon after.
What ended is started again at once, as a supervisor does. The same dates are then closed on a copy of the book by one
process that nobody disturbs, and what both wrote is compared: each date, each account, each loan.
"""

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from close_book import build, written
from servers import MakesDatabases, own_database

RANGES = 10
QUIET = 3  # dates that nothing happens to, to see how long one takes
KINDS = ("worker", "beat", "Postgres", "Valkey")
WORKERS = 2
# Every entry's date is held to the close of that date, so a date that was closed twice or in part shows by itself.
BY_DATE = """
SELECT entry.effective_on, posting.account_id, count(*),
       sum(CASE posting.side WHEN 'D' THEN posting.amount_minor ELSE -posting.amount_minor END)::bigint
FROM ledger_posting AS posting JOIN ledger_journalentry AS entry ON entry.id = posting.entry_id
GROUP BY entry.effective_on, posting.account_id
"""
TIMES_CLOSED = "SELECT business_date, status, times_closed FROM collections_mgmt_closerun ORDER BY business_date"
DONE = """
SELECT count(*) FILTER (WHERE item.status = 'DONE'), run.status FROM collections_mgmt_closerun AS run
JOIN collections_mgmt_closerange AS item ON item.run_id = run.id WHERE run.business_date = %s GROUP BY run.status
"""


@dataclass
class Run:
    """
    One date: what was killed in it, after how many ranges, and how long it took from there to its end.

    :ivar in_time: the date was still being closed when it was killed.
    """

    business_date: date
    killed: list[str] = field(default_factory=list)
    after_ranges: int = 0
    in_time: bool = True
    seconds: float = 0.0


@dataclass
class Outcome:
    runs: list[Run]
    kills: dict[str, int]
    closed_once: int
    differing_minor: int
    differing_tables: list[str]


def main() -> int:
    chosen = _arguments()
    os.environ["DASHU_CLOSE_RANGE_LOANS"] = str(max(1, chosen.loans // RANGES))
    os.environ["DASHU_CLOSE_RANGE_SECONDS"] = "0"
    with own_database(with_broker=True, home=chosen.home) as make_database:
        chance = random.Random(chosen.seed)  # noqa: S311 – to be repeated
        outcome = measure(chosen.loans, chosen.runs, chance, make_database)
    report(outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(outcome), indent=1, default=str))
    return 0 if outcome.closed_once == len(outcome.runs) and not outcome.differing_tables else 1


def measure(loans: int, kills: int, chance: random.Random, make_database: MakesDatabases) -> Outcome:
    make_database("faults", 600)
    _empty_broker()
    from collections_mgmt.services.close_day import close_date
    from dashu.kernel.dates import lender_today

    today = lender_today()
    dates = [today - timedelta(days=ago) for ago in range(kills + QUIET, 0, -1)]
    before = dates[0] - timedelta(days=1)
    build(loans, night=before)
    close_date(business_date=before, today=today)
    make_database("undisturbed", 600, template="faults")
    for day in dates:
        close_date(business_date=day, today=today)
    expected, expected_by_date = written(), _by_date()

    make_database.connect("faults", 600)
    runs = [Run(day) for day in dates]
    plan = [KINDS[number % len(KINDS)] for number in range(kills)]
    chance.shuffle(plan)
    for number, (run, kind) in enumerate(zip(runs[QUIET:], plan, strict=True)):
        others = [other for other in KINDS if other != kind]
        run.killed = [kind] + ([chance.choice(others)] if number % 4 == 3 else [])
        run.after_ranges = chance.randrange(RANGES)
    with processes(make_database) as parts:
        for run in runs:
            live_through(run, parts, chance)
            print(
                f"{run.business_date}: {' and '.join(run.killed) or 'nothing'}, closed after {run.seconds:.1f} s",
                flush=True,
            )
    make_database.connect("faults", 600)
    found, by_date = written(), _by_date()
    closed = [times for _day, status, times in _rows(TIMES_CLOSED)[1:] if status == "CLOSED"]
    return Outcome(
        runs=runs,
        kills=dict(Counter(kind for run in runs for kind in run.killed)),
        closed_once=closed.count(1),
        differing_minor=sum(
            abs(by_date.get(key, (0, 0))[1] - expected_by_date.get(key, (0, 0))[1])
            for key in by_date.keys() | expected_by_date.keys()
        ),
        differing_tables=[name for name in expected if found[name] != expected[name]]
        + (["dates"] if by_date != expected_by_date else []),
    )


def live_through(run: Run, parts: "Parts", chance: random.Random) -> None:
    """Wait until the date is closed, and kill in the middle of it what the run says."""
    until(lambda: parts.done(run) is not None)
    begun = time.monotonic()
    if run.killed:
        until(lambda: parts.is_closed(run) or (parts.done(run) or 0) >= run.after_ranges)
        run.in_time = not parts.is_closed(run)
        begun = time.monotonic()
        for number, kind in enumerate(run.killed):
            time.sleep(number and chance.random() / 2)
            parts.kill(kind, chance)
    until(lambda: parts.is_closed(run))
    run.seconds = time.monotonic() - begun


class Parts:
    """The processes that may die, and a connection of our own that is made again when Postgres did."""

    def __init__(self, make_database: MakesDatabases) -> None:
        self._services = make_database.services
        self._link: Any = None
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "fault_settings",
            "PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parents[1]}",
        }
        celery = [sys.executable, "-m", "celery", "-A", "dashu.celery"]
        flags = ["--queues", "close", "--concurrency", "1", "--without-gossip", "--without-mingle"]
        self.workers = [
            Program([*celery, "worker", "--hostname", f"celery@host-{number}", *flags], environment)
            for number in range(WORKERS)
        ]
        self.beat = Program([*celery, "beat", "--pidfile="], environment)

    def programs(self) -> list["Program"]:
        return [*self.workers, self.beat]

    def revive(self) -> None:
        """Start again what has ended."""
        self._services.revive()
        for program in self.programs():
            program.revive()

    def kill(self, kind: str, chance: random.Random) -> None:
        if kind == "worker":
            chance.choice(self.workers).kill()
        elif kind == "beat":
            self.beat.kill()
        else:
            with suppress(ProcessLookupError):
                os.kill(self._pid_of(kind), signal.SIGKILL)

    def _pid_of(self, server: str) -> int:
        postgres, valkey = self._services.postgres, self._services.valkey
        assert postgres
        assert valkey
        if server == "Valkey":
            found = valkey.pid()
        else:
            running = postgres.running()
            found = running.pid if running else None
        if found is None:
            raise ProcessLookupError(server)
        return found

    def done(self, run: Run) -> int | None:
        """Return how many ranges of the date are done; None while it has not begun or nobody answers."""
        row = self._ask(run)
        return row[0] if row else None

    def is_closed(self, run: Run) -> bool:
        row = self._ask(run)
        return bool(row and row[1] == "CLOSED")

    def _ask(self, run: Run) -> Any:
        import psycopg2

        try:
            if self._link is None:
                self._link = psycopg2.connect(os.environ["DATABASE_URL"])
                self._link.autocommit = True
            with self._link.cursor() as cursor:
                cursor.execute(DONE, [run.business_date])
                return cursor.fetchone()
        except psycopg2.Error:
            self._link = None
            return None


class Program:
    """A program with the children that it has, in a group of their own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._log = (Path(environment["DASHU_HOME"]) / "log" / "celery.log").open("ab")
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def revive(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            self.kill()  # its children may live on
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                self._command,
                cwd=Path(__file__).parents[1],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)


@contextmanager
def processes(make_database: MakesDatabases) -> Iterator[Parts]:
    parts, has_to_run = Parts(make_database), Event()
    has_to_run.set()

    def supervise() -> None:
        while has_to_run.is_set():
            parts.revive()
            time.sleep(0.1)

    keeper = Thread(target=supervise, daemon=True)
    keeper.start()
    try:
        yield parts
    finally:
        has_to_run.clear()
        keeper.join()
        for program in parts.programs():
            program.kill()
        make_database.services.revive()


def until(is_so: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("a date was not closed in time")
        time.sleep(0.01)


def _empty_broker() -> None:
    """Forget what was queued for another database."""
    import redis

    redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()


def _by_date() -> dict[tuple[Any, ...], tuple[int, int]]:
    return {(day, account): (lines, minor) for day, account, lines, minor in _rows(BY_DATE)}


def _rows(query: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def report(outcome: Outcome) -> None:
    quiet = [run.seconds for run in outcome.runs if not run.killed]
    print(f"\n{'killed':<28} {'runs':>5} {'in the middle':>14} {'closed after: median':>21} {'longest':>8}")
    print(f"{'nothing':<28} {len(quiet):>5} {'':>14} {median(quiet):>19.1f} s {max(quiet):>6.1f} s")
    for kind in (*KINDS, None):
        runs = [run for run in outcome.runs if (run.killed == [kind] if kind else len(run.killed) > 1)]
        if runs:
            times = [run.seconds for run in runs]
            print(
                f"{kind or 'two of them':<28} {len(runs):>5} {sum(run.in_time for run in runs):>14}"
                f" {median(times):>19.1f} s {max(times):>6.1f} s"
            )
    killed = ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.kills.items()))
    print(f"\nkilled with signal 9: {killed}")
    print(f"dates closed once: {outcome.closed_once} of {len(outcome.runs)}")
    print(f"differences from a run that nobody disturbed: {outcome.differing_minor} fen", end="")
    print(f"; tables with other rows: {', '.join(outcome.differing_tables) or 'none'}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50, metavar="N", help="dates in which something is killed")
    parser.add_argument("--loans", type=int, default=600, metavar="N")
    parser.add_argument("--seed", type=int, default=20261129, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="keep the servers' data there for the next run")
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
