"""
How soon a collector has the next file: `python benchmarks/next_file.py`.

On a database of its own, files are written straight into their table: by default 300,000 of 20 teams, a part ready, a
part waiting for a day, a part held or somebody's own, and a part that most people cannot take for their language or
needs. First one person after the other takes files and puts each off: the times of "next file" are what somebody waits
for. Then all of them do so at the same moment and without a pause, in threads of one process with a connection each:
that says how many files a second are given out, and that none is in two people's hands (the program fails otherwise).
"""

import argparse
import json
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import own_database

if TYPE_CHECKING:
    from dashu.users.models import User

TEAMS = 20
WRITE = """
INSERT INTO users_borrower (number, name, name_index, phone_index, phone_end_index)
SELECT 'Q' || n, '', '', '', '' FROM generate_series(1, %(files)s) AS n;
INSERT INTO collections_mgmt_casefile
    (number, borrower_id, opened_on, weighed_on, contact_due_on, review_due_on, team_id, state, next_action_at,
     waits_for, collector_id, language, skills, value_minor, priority)
SELECT 'Q' || borrower.id, borrower.id, %(on)s, %(on)s, %(on)s, %(on)s, teams.ids[1 + borrower.id %% %(teams)s],
       CASE WHEN chance.one < 0.5 THEN 'READY' ELSE 'WAITING' END,
       CASE WHEN chance.one >= 0.5 THEN %(now)s::timestamptz + interval '1 day' * (1 + borrower.id %% 30) END,
       CASE WHEN chance.one >= 0.5 THEN 'LOOKED' ELSE '' END,
       CASE WHEN chance.two < 0.1 THEN people.ids[1 + borrower.id %% cardinality(people.ids)] END,
       CASE WHEN chance.two > 0.8 THEN 'en' ELSE 'zh-hans' END,
       CASE WHEN chance.two BETWEEN 0.7 AND 0.8 THEN ARRAY['vulnerable'] ELSE '{}' END::varchar[],
       value.minor, value.minor / 2
FROM users_borrower AS borrower
CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM collections_mgmt_team) AS teams
CROSS JOIN (SELECT array_agg(user_id ORDER BY user_id) AS ids FROM collections_mgmt_collectorprofile) AS people
CROSS JOIN LATERAL (SELECT random() + borrower.id * 0 AS one, random() + borrower.id * 0 AS two) AS chance
CROSS JOIN LATERAL (SELECT (random() * 2000000)::bigint + borrower.id * 0 AS minor) AS value
WHERE borrower.number LIKE 'Q%%';
"""


def main() -> int:
    chosen = _arguments()
    with own_database(home=chosen.home) as make_database:
        make_database("bench_queue", chosen.limit)
        build(chosen)
        figures = measure(chosen)
    alone, together = figures["alone"], figures["together"]
    print(
        f"{figures['files']:,} files; one after the other, {alone['taken']:,} taken:"
        f" p50 {alone['p50_ms']} ms, p95 {alone['p95_ms']} ms, longest {alone['longest_ms']} ms"
    )
    print(
        f"{figures['people']} people at once without a pause, {together['taken']:,} taken:"
        f" {together['a_second']} a second, p95 {together['p95_ms']} ms; in two hands: {figures['twice']}"
    )
    if chosen.json:
        chosen.json.write_text(json.dumps(figures))
    return 0 if figures["twice"] == 0 else 1


def build(chosen: argparse.Namespace) -> None:
    from django.db import connection

    from collections_mgmt.models import CollectorProfile, Team
    from dashu.kernel.dates import lender_now
    from dashu.users.models import User

    teams = [Team.objects.create(code=f"t{number}", name=f"Team {number}") for number in range(TEAMS)]
    for number in range(chosen.people):
        user = User.objects.create_user(f"q{number}@example.com", None, name=f"Q {number}", role=User.Role.COLLECTOR)
        CollectorProfile.objects.create(user=user, team=teams[number % TEAMS], languages=["zh-hans"])
    now = lender_now()
    with connection.cursor() as cursor:
        values = {"files": chosen.files, "on": now.date(), "now": now, "teams": TEAMS}
        for statement in WRITE.split(";\n"):
            if statement.strip():
                cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE collections_mgmt_casefile")


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    from collections_mgmt.models import CaseFile
    from dashu.users.models import User

    users = list(User.objects.filter(email__startswith="q").order_by("pk"))
    work_off(users[0], 5, Hands())  # what is read once a process
    hands = Hands()
    for user in users:
        work_off(user, max(1, chosen.each // 2), hands)
    alone = hands.figures()
    hands, start = Hands(), threading.Barrier(len(users))
    threads = [threading.Thread(target=work_off, args=(user, chosen.each, hands, start)) for user in users]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = {**hands.figures(), "a_second": round(len(hands.seconds) / (time.perf_counter() - began))}
    files = CaseFile.objects.count()
    return {"files": files, "people": len(users), "alone": alone, "together": together, "twice": hands.twice}


class Hands:
    """Which files are in hands at a moment, and how long each took to get there."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.twice = 0
        self._held: set[int] = set()
        self._guard = threading.Lock()

    def take(self, file_id: int, seconds: float) -> None:
        with self._guard:
            self.seconds.append(seconds)
            self.twice += file_id in self._held
            self._held.add(file_id)

    def let_go(self, file_id: int) -> None:
        with self._guard:
            self._held.discard(file_id)

    def figures(self) -> dict[str, int | float]:
        cuts = quantiles(self.seconds, n=100)
        return {
            "taken": len(self.seconds),
            "p50_ms": round(cuts[49] * 1000, 1),
            "p95_ms": round(cuts[94] * 1000, 1),
            "longest_ms": round(max(self.seconds) * 1000, 1),
        }


def work_off(user: "User", count: int, hands: Hands, start: threading.Barrier | None = None) -> None:
    """Take files and put each off, until none is left or `count` were taken."""
    from django.db import connection

    from collections_mgmt.services.act_on_file import put_off_file
    from collections_mgmt.services.take_file import NoFileWaits, take_next_file
    from dashu.kernel.dates import lender_now

    if start:
        start.wait()
    try:
        for number in range(count):
            began = time.perf_counter()
            try:
                file = take_next_file(user=user, now=lender_now())
            except NoFileWaits:
                break
            hands.take(file.pk, time.perf_counter() - began)
            until = lender_now().date() + timedelta(days=1 + number % 30)
            put_off_file(file_id=file.pk, why="LOOKED", until=until, words="", user=user, now=lender_now())
            hands.let_go(file.pk)
    finally:
        if start:
            connection.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=300_000)
    parser.add_argument("--people", type=int, default=20, help="who take files at the same moment")
    parser.add_argument("--each", type=int, default=50, help="files that each of them takes")
    parser.add_argument("--limit", type=int, default=300, help="seconds after which a statement is cut off")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--home", type=Path, help="use the servers of this folder, which run already")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
