"""
How long the night takes to follow strategies, and how long a simulation: `python benchmarks/strategies.py`.

On a database of its own lies the book of `close_book.py`, of which 4% are behind; their cases and files are written
straight into their tables. A champion and a challenger are published, and the real code follows them for two nights:
the first puts everybody into a row and does first steps, the second is an ordinary one. Then another table is played on
the last four weeks. The program fails where a file follows no row.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from close_book import NIGHT, OVERDUE_OF_100, build, settle
from servers import own_database

BEHIND = """
INSERT INTO collections_mgmt_overduestatus
    (loan_id, as_of, days_past_due, effective_days_past_due, oldest_due_on, principal_minor, interest_minor, fee_minor,
     penalty_minor, bucket, classification)
SELECT loan.id, %(on)s, %(on)s - due.on_day, %(on)s - due.on_day, due.on_day, due.minor, 0, 0, 0, 'M1', 'NORMAL'
FROM loans_loan AS loan
CROSS JOIN LATERAL (
    SELECT min(row.due_on) AS on_day, sum(row.unpaid_minor) AS minor FROM repayments_installment AS row
    WHERE row.loan_id = loan.id AND row.due_on < %(on)s AND row.unpaid_minor > 0
) AS due
WHERE loan.id %% 100 < %(overdue)s AND due.on_day IS NOT NULL;

INSERT INTO collections_mgmt_collectioncase (loan_id, status, opened_on, level)
SELECT loan_id, 'OPEN', oldest_due_on + 1, 1 + LEAST(3, days_past_due / 31) FROM collections_mgmt_overduestatus;
"""
ROWS = (
    (None, 7, "", (("MESSAGE", 2), ("DAY", 3))),
    (8, 30, "NONE", (("HELP", 0), ("TASK", 5))),
    (8, 30, "", (("MESSAGE", 0), ("HELP", 4), ("TASK", 5))),
    (31, 90, "", (("HELP", 0), ("TASK", 7))),
    (None, None, "", (("NOTHING", 0),)),
)


def main() -> int:
    chosen = _arguments()
    with own_database(home=chosen.home) as make_database:
        make_database("bench_strategies", chosen.limit)
        figures = measure(chosen.loans)
    for name, seconds in figures["seconds"].items():
        print(f"{name}: {seconds} s")
    print(f"{figures['files']:,} files, {figures['messages']:,} messages, {figures['without_row']} files without a row")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures))
    return 1 if figures["without_row"] else 0


def measure(loans: int) -> dict[str, Any]:
    from django.db import connection

    from collections_mgmt.models import CaseFile, StrategyPlace
    from collections_mgmt.selectors.strategy_simulation import played
    from collections_mgmt.services.files_sql import refresh_files
    from dashu.messaging.models import OutboxMessage

    build(loans)
    with connection.cursor() as cursor:
        for statement in BEHIND.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"on": NIGHT, "overdue": OVERDUE_OF_100})
        refresh_files(cursor, on=NIGHT, actor="system:benchmark")
    CaseFile.objects.update(opened_on=NIGHT - timedelta(days=27))
    draft = publish_two()
    settle()
    tomorrow = NIGHT + timedelta(days=1)
    seconds = {
        "the first night": _timed(lambda: follow(NIGHT)),
        "an ordinary night": _timed(lambda: follow(tomorrow)),
        "a simulation of four weeks": _timed(lambda: played(draft, today=tomorrow)),
    }
    files = CaseFile.objects.open().count()
    return {
        "loans": loans,
        "files": files,
        "seconds": seconds,
        "messages": OutboxMessage.objects.count(),
        "without_row": files - StrategyPlace.objects.count(),
    }


def publish_two() -> Any:
    """Publish a champion and a challenger, and return a draft of something else."""
    from collections_mgmt.domain.strategy import Act, Row, Step
    from collections_mgmt.models import StrategyVersion
    from collections_mgmt.services.strategies import WHOLE, add_strategy, digest_of, new_draft, publish, save_draft
    from dashu.users.models import User

    user = User.objects.create_superuser("s@example.com", None, name="S", role=User.Role.ADMIN)
    table = [
        Row(first or 0, last, capacity, steps=tuple(Step(wait, Act(act)) for act, wait in steps))
        for first, last, capacity, steps in ROWS
    ]

    def saved(version: StrategyVersion, rows: list[Row], share_bps: int) -> StrategyVersion:
        given: dict[str, Any] = {"share_bps": share_bps, "note": "", "user": user, "today": NIGHT}
        return save_draft(version_id=version.pk, rows=rows, seen=digest_of(version), **given)

    first = saved(add_strategy(code="bench", name="Bench", product="", user=user), table, WHOLE)
    second = saved(new_draft(version_id=first.pk, user=user), table[2:], 2_000)
    for version in (first, second):
        StrategyVersion.objects.filter(pk=version.pk).update(status="SUBMITTED")
        publish(version_id=version.pk, digest=digest_of(version), actor="system:benchmark")
    return saved(new_draft(version_id=first.pk, user=user), [table[0], *table[3:]], WHOLE)


def follow(on: date) -> None:
    from django.db import connection, transaction

    from collections_mgmt.services.close_range import morning_of
    from collections_mgmt.services.strategies_sql import Night, follow_strategies
    from dashu.policy import rules as policy

    morning = on + timedelta(days=1)
    with transaction.atomic(), connection.cursor() as cursor:
        follow_strategies(cursor, Night(on, morning, morning_of(morning)), rules=policy.strategy_rules(on), acts=True)


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 2)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=250_000, help="of the book; 4%% of them are behind")
    parser.add_argument("--limit", type=int, default=900, help="seconds after which a statement is cut off")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--home", type=Path, help="use the servers of this folder, which run already")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
