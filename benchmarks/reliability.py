"""
What becomes of payments and pages when what they stand on fails: `python benchmarks/reliability.py`.

Each trial has a book of its own, the site as production serves it (gunicorn behind a socket file), four programs of a
partner that post payments and send each again, with its key, until it is taken, and a borrower who reads pages. In the
middle of it something fails:

- postgres-restart: Postgres is stopped, three times calmly and once at once, and is back after two seconds;
- redis-flush: Valkey forgets everything, again and again, with what jobs it held;
- slow-database: somebody holds the table of events for 12 seconds, and no statement on it ends;
- full-disk: the database lies on a small disk of its own (tmpfs) that is filled up (needs root);
- out-of-memory: a worker with too little memory is killed by the kernel in the middle of jobs (root, cgroups v1);
- network-cut: the site lies in a network of its own, and the line to database and broker goes dead without a word for
  30 seconds (needs root).

The promise is the same in all: each payment is booked exactly once, the books agree with the postings, and nobody gets
another answer than the right one or "come again" (503); each trial adds one of its own. Ends with 1 where one is not
kept, and says "not run" where it may not be tried.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil
from reliability_parts import RIGHT, Payers, Reader, Site, World, build, site, until, worker
from servers import MakesDatabases, own_database

DISK_MB = 420


class NotHere(Exception):
    """The trial cannot be tried on this machine; says what it needs."""


@dataclass
class Trial:
    """:ivar broken: promises that were not kept. :ivar also: figures of this trial alone."""

    name: str
    payments: int = 0
    booked: int = 0
    seconds: float = 0.0
    come_again: int = 0
    unanswered: int = 0
    pages: dict[int, int] = field(default_factory=dict)
    longest_s: float = 0.0
    also: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    not_run: str = ""

    def hold(self, is_kept: bool, promise: str) -> None:
        if not is_kept:
            self.broken.append(promise)


@contextmanager
def under_way(trial: Trial, world: World, served: Site, count: int) -> Iterator[Payers]:
    """Have people pay and read while the caller makes something fail; look at what they met when all is taken."""
    payers = Payers(served, world, count, name=trial.name)
    payers.token = served.token()
    began = time.monotonic()
    with Reader(served, world) as reader:
        payers.start()
        until(lambda: payers.taken >= count // 10, 60, "nobody can pay")
        yield payers
        payers.wait()
        time.sleep(1)
    trial.payments, trial.seconds = count, time.monotonic() - began
    trial.come_again, trial.unanswered = payers.answers[503], payers.answers[0]
    trial.pages, trial.longest_s = dict(reader.answers), max(payers.longest_s, reader.longest_s)
    odd = {status: times for status, times in payers.answers.items() if status not in RIGHT}
    trial.hold(not odd, f"payments were answered {odd}")
    odd = {status: times for status, times in reader.answers.items() if status not in RIGHT}
    trial.hold(not odd, f"pages were answered {odd}: {reader.odd}")
    trial.hold(payers.taken == count, f"{payers.taken} of {count} payments were taken")


def look_at_the_books(trial: Trial) -> None:
    from django.db import connection

    from repayments.models import Payment
    from repayments.selectors.reconciliation import differences

    connection.close()
    mine = Payment.objects.filter(reference__contains=trial.name)
    trial.booked = mine.count()
    trial.hold(trial.booked == trial.payments, f"{trial.booked} of {trial.payments} payments are booked")
    trial.hold(mine.values("reference").distinct().count() == trial.booked, "a payment is booked twice")
    trial.hold(not differences(), "the books differ from the postings")


def postgres_restart(trial: Trial, world: World, make: MakesDatabases, count: int) -> None:
    with site() as served, under_way(trial, world, served, count) as payers:
        for time_of, is_calm in enumerate((True, True, True, False), 1):
            until(lambda mark=time_of: payers.taken >= count * mark // 6, 60, "payments do not go on")
            _stop_postgres(make, is_calm=is_calm)
            time.sleep(2)
            make.services.revive()
    trial.also["stopped"] = 4


def _stop_postgres(make: MakesDatabases, *, is_calm: bool) -> None:
    server = make.services.postgres
    running = server.running() if server else None
    assert running
    process = psutil.Process(running.pid)
    process.send_signal(signal.SIGINT if is_calm else signal.SIGQUIT)
    with suppress(psutil.TimeoutExpired):
        process.wait(30)


def redis_flush(trial: Trial, world: World, make: MakesDatabases, count: int) -> None:
    import redis

    broker, flushed = redis.Redis.from_url(os.environ["REDIS_URL"]), 0
    with site() as served, worker(), under_way(trial, world, served, count) as payers:
        while payers.taken < count * 9 // 10 and flushed < 200:
            broker.flushall()
            flushed += 1
            time.sleep(0.3)
    trial.also["flushed"] = flushed
    _hold_one_receipt_each(trial)


def _hold_one_receipt_each(trial: Trial) -> None:
    """Have the sweep find what events missed; then each payment has its receipt."""
    from datetime import timedelta

    from dashu.kernel.dates import lender_now
    from dashu.messaging.models import OutboxMessage
    from repayments.models import Payment
    from repayments.services.send_receipt import send_missing_receipts

    # It leaves what is newer than five minutes to the events.
    later = lender_now() + timedelta(minutes=6)
    trial.also["receipts that the sweep found missing"] = send_missing_receipts(now=later)
    paid = Payment.objects.filter(reference__contains=trial.name).values_list("pk", flat=True)
    receipts = OutboxMessage.objects.filter(dedupe_key__in=[f"receipt:{key}" for key in paid]).count()
    trial.hold(receipts == len(paid), f"{receipts} receipts for {len(paid)} payments")


def slow_database(trial: Trial, world: World, make: MakesDatabases, count: int) -> None:
    import psycopg2

    with site() as served, under_way(trial, world, served, count) as payers:
        holder = psycopg2.connect(os.environ["DATABASE_URL"])
        with holder.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; LOCK TABLE repayments_loanevent IN ACCESS EXCLUSIVE MODE")
            before = payers.taken
            time.sleep(12)
            trial.also["taken meanwhile"] = payers.taken - before
        holder.rollback()
        holder.close()
    trial.hold(trial.come_again > 0, "nobody was told to come again")
    # A request has several statements, each with its limit of 4 s here.
    trial.hold(trial.longest_s < 12, f"somebody waited {trial.longest_s:.0f} s")
    trial.hold(trial.pages.get(200, 0) > 0, "no page was shown")


def full_disk(trial: Trial, world: World, make: MakesDatabases, count: int) -> None:
    home = Path(os.environ["DASHU_HOME"])
    with site() as served, under_way(trial, world, served, count) as payers:
        filler = home / "filler"
        _fill(filler)
        until(lambda: payers.answers[503] >= 8, 120, "a full disk stopped nobody")
        full = Reader(served, world)
        with full:
            time.sleep(4)
        trial.also["pages while full"] = dict(full.answers)
        trial.hold(set(full.answers) <= {200, 302}, f"pages while the disk was full: {dict(full.answers)}")
        trial.also["doctor"] = _doctor_on_disk()
        trial.hold("free for home" in trial.also["doctor"], "the doctor does not see the full disk")
        filler.unlink()
        make.services.revive()
    trial.hold(trial.come_again > 0, "nobody was told to come again")


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65536)


def _doctor_on_disk() -> str:
    ran = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--without-workers"],
        check=False,
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return next((line.strip() for line in ran.stdout.splitlines() if line.startswith("WRONG") and "disk" in line), "")


def out_of_memory(trial: Trial, world: World, make: MakesDatabases, count: int) -> None:
    group = Path("/sys/fs/cgroup/memory/dashu-reliability")
    try:
        group.mkdir(exist_ok=True)
    except OSError as error:
        raise NotHere("root and cgroups v1, to give a worker too little memory") from error
    # Whatever runs behind these words is in the group from its first byte on.
    inside = ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$0" "$@"']
    try:
        # So many that they go on for as long as workers are starved.
        with site() as served, under_way(trial, world, served, count * 6) as payers:
            for turn in range(1, 4):
                with worker(inside):
                    time.sleep(6)
                    _starve(group)
                    until(lambda mark=turn: _killed(group) >= mark or payers.taken == count, 60, "nobody was killed")
                    (group / "memory.limit_in_bytes").write_text("-1")
            with worker():
                payers.wait()
                time.sleep(3)
        trial.also["killed by the kernel"] = _killed(group)
        trial.hold(_killed(group) > 0, "nobody was killed")
    finally:
        with suppress(OSError):
            group.rmdir()
    _hold_one_receipt_each(trial)


def _starve(group: Path) -> None:
    """Leave a worker what it has now and next to nothing for its jobs."""
    told = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    # What was read from files can be dropped, what it has of its own cannot; the kernel says no to less than that.
    for spare_mb in (1, 2, 4, 8, 16, 32):
        with suppress(OSError):
            (group / "memory.limit_in_bytes").write_text(str(int(told["total_rss"]) + (spare_mb << 20)))
            return


def _killed(group: Path) -> int:
    """Return how many processes of the group the kernel has killed for want of memory."""
    told = dict(line.split() for line in (group / "memory.oom_control").read_text().splitlines())
    return int(told["oom_kill"])


def network_cut(trial: Trial, world: World, make: MakesDatabases, count: int) -> None:
    with _own_network() as (inside, addresses, cut):
        with site(inside, **addresses) as served, under_way(trial, world, served, count) as payers:
            cut(True)
            began, before = time.monotonic(), payers.taken
            time.sleep(30)
            trial.also["taken meanwhile"] = payers.taken - before
            cut(False)
            until(lambda: payers.taken > before + 4, 60, "payments do not go on after the cut")
            trial.also["again after (s)"] = round(time.monotonic() - began - 30, 1)
        trial.hold(trial.longest_s < 60, f"somebody waited {trial.longest_s:.0f} s")


@contextmanager
def _own_network() -> Iterator[tuple[list[str], dict[str, str], Callable[[bool], None]]]:
    """
    Make a network that reaches our servers by a line of its own, with a forwarder at its end, for they listen on the
    loopback address only. Give the words that put a program into it, the addresses there, and what cuts the line.
    """
    from urllib.parse import urlsplit

    from forwarding import forwarding

    name = f"dashu{os.getpid()}"[:13]
    words = [
        f"ip netns add {name}",
        f"ip link add {name}a type veth peer name {name}b",
        f"ip link set {name}b netns {name}",
        f"ip addr add 10.213.77.1/30 dev {name}a",
        f"ip link set {name}a up",
        f"ip -n {name} addr add 10.213.77.2/30 dev {name}b",
        f"ip -n {name} link set {name}b up",
        f"ip -n {name} link set lo up",
    ]
    try:
        for command in words:
            done = subprocess.run(command.split(), check=False, capture_output=True, text=True)
            if done.returncode:
                raise NotHere(f"root and iproute2, to make a network ({done.stderr.strip()})")
        ports = {key: urlsplit(os.environ[key]).port for key in ("DATABASE_URL", "REDIS_URL")}
        with forwarding("10.213.77.1", [port for port in ports.values() if port]):
            addresses = {key: os.environ[key].replace("127.0.0.1", "10.213.77.1") for key in ports}

            def cut(is_cut: bool) -> None:
                # Everything is dropped on its way, and nobody is told.
                rule = ["loss", "100%"] if is_cut else ["loss", "0%"]
                for where in ([], ["-n", name]):
                    end = f"{name}b" if where else f"{name}a"
                    done = subprocess.run(
                        ["tc", *where, "qdisc", "replace", "dev", end, "root", "netem", *rule],
                        check=False, capture_output=True,
                    )  # fmt: skip
                    if done.returncode:  # without netem the line itself is taken away
                        subprocess.run(["ip", *where, "link", "set", end, "down" if is_cut else "up"], check=True)

            yield ["ip", "netns", "exec", name], addresses, cut
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", f"{name}a"], check=False, capture_output=True)


TRIALS: dict[str, Callable[[Trial, World, MakesDatabases, int], None]] = {
    "postgres-restart": postgres_restart,
    "redis-flush": redis_flush,
    "slow-database": slow_database,
    "full-disk": full_disk,
    "out-of-memory": out_of_memory,
    "network-cut": network_cut,
}


def main() -> int:
    chosen = _arguments()
    os.environ["DASHU_LOG_LEVEL"] = "CRITICAL"
    names = chosen.only or list(TRIALS)
    trials = [run(names[0], chosen)] if len(names) == 1 else [_run_apart(name, chosen) for name in names]
    _tell(trials)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(trial) for trial in trials], indent=1))
    return int(any(trial.broken for trial in trials))


def run(name: str, chosen: argparse.Namespace) -> Trial:
    trial = Trial(name)
    try:
        with _place(name) as home, own_database(with_broker=True, home=home) as make:
            make("reliability", 600)
            world = build()
            TRIALS[name](trial, world, make, chosen.payments)
            look_at_the_books(trial)
    except NotHere as error:
        trial.not_run = str(error)
    except (TimeoutError, OSError) as error:
        trial.broken.append(str(error))
    print(f"{name}: {trial.not_run or trial.broken or 'kept'} {trial.also}", flush=True)
    return trial


def _run_apart(name: str, chosen: argparse.Namespace) -> Trial:
    """Run a trial in a process of its own: Django is set up for one home."""
    with tempfile.NamedTemporaryFile(suffix=".json") as told:
        words = ["--only", name, "--payments", str(chosen.payments), "--json", told.name]
        subprocess.run([sys.executable, __file__, *words], check=False, stdout=subprocess.DEVNULL)
        found = json.load(told)[0]
    found["pages"] = {int(status): times for status, times in found["pages"].items()}
    trial = Trial(**found)
    print(f"{name}: {trial.not_run or trial.broken or 'kept'} {trial.also}", flush=True)
    return trial


@contextmanager
def _place(name: str) -> Iterator[Path]:
    """Give a folder for a trial's servers; a small disk of its own where it is to be filled."""
    folder = Path(tempfile.mkdtemp(prefix="dashu-reliability-"))
    folder.chmod(0o755)
    is_mounted = False
    try:
        if name == "full-disk":
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)],
                check=False, capture_output=True, text=True,
            )  # fmt: skip
            if done.returncode:
                raise NotHere(f"root, to mount a small disk ({done.stderr.strip()})")
            is_mounted = True
        yield folder
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _tell(trials: list[Trial]) -> None:
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'what failed':18}{'payments':>9}{'booked':>8}{'503':>6}{'no answer':>11}{'longest':>9}{'took':>7}  pages")
    for trial in trials:
        if trial.not_run:
            print(f"{trial.name:18} not run: needs {trial.not_run}")
            continue
        pages = ", ".join(f"{status or 'none'}: {times}" for status, times in sorted(trial.pages.items()))
        print(
            f"{trial.name:18}{trial.payments:>9}{trial.booked:>8}{trial.come_again:>6}{trial.unanswered:>11}"
            f"{trial.longest_s:>7.1f} s{trial.seconds:>5.0f} s  {pages}"
        )
        for promise in trial.broken:
            print(f"{'':18} NOT KEPT: {promise}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=TRIALS, metavar="TRIAL", help=", ".join(TRIALS))
    parser.add_argument("--payments", type=int, default=400, help="of each trial")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
