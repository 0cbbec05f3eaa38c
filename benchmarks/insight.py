"""
How long reports take on a large snapshot, and its way to files: `python benchmarks/insight.py`.

    python benchmarks/insight.py --loans 1000000 --months 24      # the table of docs/benchmarks.md

A database of its own is made in a temporary folder (TMPDIR) and removed at the end. With 1,000,000 loans and 24 months
it needs 25 GB of disk: 24,000,000 months of loans, their index and their files. Measured are

- each report of the list, read in this process without a page, whole, by region and of one region, over 12 months and
  over all;
- the snapshot written as Parquet files: rows a second and the memory of this process;
- portfolio at risk by region and month over all months of loans, by DuckDB from the files and by Postgres from the
  table, whose answers have to be the same to the fen;
- what writing the snapshot takes of the close of a month's last night, of a book of as many loans (`close_book.py`);
- that month rebuilt from the book, which has to leave each of its rows as the close wrote it.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import own_database, timed

REPORT_S, REBUILD_S, MEMORY_BYTES = 2, 60, 1_000_000_000
GB_OF_DISK = 25  # at 24,000,000 months of loans, or a book of 1,000,000 loans that is closed
MB = 1024 * 1024
MONTH_END, ONE_DAY = date(2026, 5, 31), timedelta(days=1)
EACH_NIGHT, AT_MONTH_END = ("portfolio", "booked"), ("snapshot", "moves", "months")  # steps that keep the snapshot
REGION = "440000"  # in which more fall behind, see `insight_book.py`
PAR_30 = """
SELECT month, region,
       CAST(sum(CASE WHEN days_past_due > 30 THEN principal_minor ELSE 0 END) AS BIGINT) AS at_risk_minor,
       CAST(sum(principal_minor) AS BIGINT) AS principal_minor
FROM {source} WHERE status = 'ACTIVE' GROUP BY 1, 2 ORDER BY 1, 2
"""


def main() -> int:
    chosen = _arguments()
    _refuse_without_room(chosen)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the servers and their data go all the same
    with own_database(home=chosen.home) as make_database:
        figures = {
            "loans": chosen.loans,
            "months": chosen.months,
            **_of_snapshot(make_database, chosen),
            **_of_book(make_database, chosen),
        }
    told = _tell(figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1))
    return told


def _of_snapshot(make_database: Any, chosen: argparse.Namespace) -> dict[str, Any]:
    make_database("bench_insight", chosen.limit)
    from insight_book import build

    rows: dict[str, int] = {}
    filled_s = timed(lambda: rows.update(build(chosen.loans, chosen.months)))
    print(f"{platform.machine()}, {os.cpu_count()} cores; filled in {filled_s:.0f} s:", flush=True)
    print(", ".join(f"{count:,} {name}" for name, count in rows.items()), flush=True)
    with _memory() as of_reports:
        reports = _reports(chosen)
    folder = Path(tempfile.mkdtemp(prefix="dashu-benchmark-files-"))
    try:
        files = {"export": _exported(folder, rows["months of loans"]), "query": _queried(folder)}
    finally:
        shutil.rmtree(folder)
        make_database.drop("bench_insight")
    return {"rows": rows, "filled_s": filled_s, "reports": reports, "reports_rss": of_reports["peak"], **files}


def _reports(chosen: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return p50 and longest of each report in seconds, over every way of asking for it."""
    from django.utils import translation
    from insight_book import LATEST, months_of

    from dashu.insight.registry import REPORTS
    from dashu.insight.scope import Scope
    from dashu.users.models import User

    person = User.objects.create_user(
        email="supervisor@example.com", password=None, name="Supervisor", role=User.Role.ADMIN, is_superuser=True
    )
    found = {}
    for code, report in REPORTS.items():
        splits = ["", *(str(each) for each in report.dimensions if each == "region")]
        counts = sorted({min(12, chosen.months), chosen.months})
        options = {option.code: option.offered[0][0] for option in report.options}
        scopes = [
            Scope(months_of(count)[0], LATEST, "CNY", dimension=split, value=value, options=options, person=person)
            for count in counts
            for split in splits
            for value in ((None, REGION) if split else (None,))
        ]
        with translation.override("zh-hans"):
            report.read(scopes[0])  # nothing is measured cold
            took = [timed(partial(report.read, scope)) for _turn in range(chosen.turns) for scope in scopes]
        found[code] = {"p50": median(took), "longest": max(took)}
        print(f"{code:32}{found[code]['p50']:>8.3f} s p50{found[code]['longest']:>8.3f} s longest", flush=True)
    return found


def _exported(folder: Path, rows: int) -> dict[str, float]:
    from dashu.analysis.exporting import export_snapshot

    with _memory() as memory:
        seconds = timed(lambda: export_snapshot(folder, actor="system:benchmark"))
    size = sum(file.stat().st_size for file in folder.rglob("*.parquet"))
    return {"s": seconds, "rows_a_second": rows / seconds, "bytes": size, "rss": memory["peak"]}


def _queried(folder: Path) -> dict[str, float]:
    """Ask the same of the files and of the table; the answers have to be the same."""
    import duckdb
    from django.db import connection

    answers: dict[str, Any] = {}

    def of_files() -> None:
        source = f"read_parquet('{folder}/loan_months/*/*.parquet', hive_partitioning = true)"
        asked = duckdb.sql(PAR_30.format(source=source)).fetchall()
        answers["files"] = [(str(month)[:7], *others) for month, *others in asked]

    def of_table() -> None:
        with connection.cursor() as cursor:
            cursor.execute(PAR_30.format(source="collections_mgmt_loanmonth"))
            answers["table"] = [(f"{month:%Y-%m}", *others) for month, *others in cursor.fetchall()]

    took = {"duckdb_s": timed(of_files), "postgres_s": timed(of_table)}
    if answers["files"] != sorted(answers["table"]):
        sys.exit("DuckDB and Postgres told different sums")
    return {**took, "rows": len(answers["files"])}


def _of_book(make_database: Any, chosen: argparse.Namespace) -> dict[str, Any]:
    """Close the last two nights of a month, and rebuild the month."""
    make_database("bench_rebuild", chosen.limit)
    from close import Closers, _work
    from close_book import build, settle
    from insight_book import write_history

    from collections_mgmt.services.snapshot.rebuild import rebuild_month

    built_s = timed(lambda: (build(chosen.rebuilt, night=MONTH_END), write_history()))
    print(f"a book of {chosen.rebuilt:,} loans written in {built_s:.0f} s", flush=True)
    with Closers(chosen.workers, _work) as pool:
        pool.close(MONTH_END - ONE_DAY, today=MONTH_END)
        night = pool.close(MONTH_END, today=MONTH_END + ONE_DAY)
    settle()
    kept = _kept()
    with _memory() as memory:
        seconds = timed(lambda: rebuild_month(month_end=MONTH_END, workers=chosen.workers))
    if _kept() != kept:
        sys.exit("the rebuilt month differs from the one that the close wrote")
    make_database.drop("bench_rebuild")
    work = sum(night.steps.values())
    return {
        "close": {
            "loans": chosen.rebuilt,
            "s": night.elapsed,
            "work_s": work,
            "steps": {name: night.steps.get(name, 0.0) for name in (*EACH_NIGHT, *AT_MONTH_END)},
            "server_rss": night.server_mb * MB,
        },
        "rebuild": {
            "loans": chosen.rebuilt,
            "rows": kept[0],
            "s": seconds,
            "rss": memory["peak"],
            "workers": chosen.workers,
        },
    }


def _kept() -> tuple[int, int, int]:
    """Return how many months of loans there are, and a sum over their contents and over those of their sums."""
    from django.db import connection

    hashed = "SELECT count(*), sum(hashtextextended(row::text, 0)::numeric) FROM {} AS row"
    with connection.cursor() as cursor:
        cursor.execute(hashed.format("collections_mgmt_loanmonth"))
        count, of_loans = cursor.fetchone()
        cursor.execute(hashed.format("collections_mgmt_portfoliomonth"))
        return count, of_loans, cursor.fetchone()[1]


@contextmanager
def _memory() -> Iterator[dict[str, int]]:
    """Give the most memory that this process holds meanwhile, looked at every 50 ms."""
    import psutil

    process, seen, ended = psutil.Process(), {"peak": 0}, threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            seen["peak"] = max(seen["peak"], process.memory_info().rss)

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield seen
    finally:
        ended.set()
        watch.join()
        seen["peak"] = max(seen["peak"], process.memory_info().rss)


def _tell(figures: dict[str, Any]) -> int:
    """Print the summary; return 1 where a target is missed."""
    export, query, rebuild = figures["export"], figures["query"], figures["rebuild"]
    print(
        f"files written in {export['s']:.1f} s, {export['rows_a_second']:,.0f} rows a second,"
        f" {export['bytes'] / 1e9:.2f} GB, at {export['rss'] / 1e6:,.0f} MB of memory"
    )
    print(
        f"PAR 30 by region and month: DuckDB {query['duckdb_s']:.2f} s, Postgres {query['postgres_s']:.2f} s,"
        f" the same {query['rows']} rows"
    )
    _tell_close(figures["close"])
    print(
        f"a month of {rebuild['rows']:,} loans rebuilt in {rebuild['s']:.1f} s with {rebuild['workers']} workers,"
        f" at {rebuild['rss'] / 1e6:,.0f} MB of memory"
    )
    slow = [code for code, took in figures["reports"].items() if took["longest"] > REPORT_S]
    print(f"reports slower than {REPORT_S} s: {', '.join(slow) or 'none'}")
    memory = max(export["rss"], rebuild["rss"], figures["reports_rss"])
    print(f"most memory of the process: {memory / 1e6:,.0f} MB (asked: below {MEMORY_BYTES / 1e6:,.0f})")
    return int(bool(slow) or rebuild["s"] > REBUILD_S or memory > MEMORY_BYTES)


def _tell_close(close: dict[str, Any]) -> None:
    steps, work = close["steps"], close["work_s"]
    print(
        f"the last night of a month closed in {close['s']:.1f} s, {work:.1f} s of work over the workers,"
        f" a server process at {close['server_rss'] / 1e6:,.0f} MB"
    )
    for says, names in (("sums of each night", EACH_NIGHT), ("snapshot of the month", AT_MONTH_END)):
        spent = sum(steps[name] for name in names)
        parts = ", ".join(f"{name} {steps[name]:.2f}" for name in names)
        print(f"  {says}: {spent:.2f} s of work, {spent / work:.1%} of the night ({parts})")


def _refuse_without_room(chosen: argparse.Namespace) -> None:
    needed = GB_OF_DISK * max(chosen.loans * chosen.months / 24e6, chosen.rebuilt / 1e6)
    folder = Path(chosen.home or tempfile.gettempdir()).absolute()
    free = shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists())).free / 1e9
    print(f"needs up to {needed:.1f} GB of disk, {free:.1f} GB are free")
    if needed > free:
        sys.exit("there is too little disk; name another folder with TMPDIR")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--turns", type=int, default=5, help="of each report and way of asking for it")
    parser.add_argument("--rebuilt", type=int, help="loans of the book of which a month is rebuilt; as many as --loans")
    parser.add_argument("--workers", type=int, default=2, help="pieces of the rebuilt month at once")
    parser.add_argument("--limit", type=int, default=1800, help="seconds after which a statement is cut off")
    parser.add_argument("--home", type=Path, help="keep the servers' data here")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    chosen = parser.parse_args()
    chosen.rebuilt = chosen.rebuilt or chosen.loans
    return chosen


if __name__ == "__main__":
    sys.exit(main())
