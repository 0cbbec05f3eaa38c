"""
How long people wait while a large table is migrated: `python benchmarks/migrations.py --rows 1000000`.

On a database of its own, with a book of that many installments (`close_book.py`), each kind of change is made twice, by
Django's own operations: as docs/operations/production.md has it, and as one would write it without a thought. Meanwhile
one process reads installments and another one changes them, with pauses of 2 ms. What is told is the
longest that a single statement of theirs took. Afterwards all is undone and the table is vacuumed.

Each list of operations is a migration, and so a transaction, of its own.
"""

import argparse
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from close_book import COUNT, build, settle
from servers import Workers, own_database

TABLE = "repayments_installment"
READ = f"SELECT due_on, unpaid_minor FROM {TABLE} WHERE loan_id = %s AND version = 1 AND number = %s"
CHANGE = f"UPDATE {TABLE} SET paid_fee_minor = paid_fee_minor WHERE loan_id = %s AND version = 1 AND number = %s"
UNDO = f"""
DROP INDEX IF EXISTS bench_index;
ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS bench_rule, DROP COLUMN IF EXISTS bench;
"""
A_BATCH = 2_000  # loans
PAUSE = 0.002


@dataclass
class Waited:
    """Of one change: seconds it took; the longest statement of each side in ms, and how many they made."""

    kind: str
    way: str
    seconds: float
    reader_ms: float
    writer_ms: float
    statements: int


@dataclass
class Kind:
    """
    A change in two ways, each a list of migrations.

    :param column: whether it begins with the column `bench`, filled in every row.
    :param holds: whether somebody's long report has the table meanwhile.
    """

    name: str
    safe: list[Any]
    careless: list[Any]
    column: bool = False
    holds: bool = False


class People(Workers):
    """One who reads and one who changes, each in a process of its own, so that only the database makes them wait."""

    def __init__(self, loans: int) -> None:
        self._loans = loans
        super().__init__(2, _go_on)

    def waited(self, work: Callable[[], None]) -> tuple[float, float, float, int]:
        """Do the work while they go on; return its seconds, the longest of each in ms, and their statements."""
        for end, statement in zip(self._ends, (READ, CHANGE), strict=True):
            end.send((statement, self._loans))
            end.recv()
        began = time.perf_counter()
        work()
        took = time.perf_counter() - began
        for end in self._ends:
            end.send("enough")
        (reader, reads), (writer, changes) = (end.recv() for end in self._ends)
        return took, 1000 * reader, 1000 * writer, reads + changes


def main() -> int:
    chosen = _arguments()
    with own_database(home=chosen.home) as make_database:
        make_database("bench_migrations", chosen.limit)
        loans = chosen.rows // COUNT
        build(loans)
        with People(loans) as people:
            found = [Waited("nothing", "", *people.waited(lambda: time.sleep(chosen.report)))]
            for kind in kinds(loans):
                ways = ("safe", "careless") if kind.careless else ("safe",)
                found += [one(kind, way, people, chosen.report) for way in ways]
    print(f"{loans * COUNT:,} installments")
    for each in found:
        print(
            f"{each.kind:34} {each.way:9} {each.seconds:7.2f} s   longest read {each.reader_ms:9.1f} ms,"
            f" write {each.writer_ms:9.1f} ms, of {each.statements:,}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps({"rows": loans * COUNT, "changes": [asdict(each) for each in found]}))
    held_up = [each.kind for each in found if each.way == "safe" and max(each.reader_ms, each.writer_ms) > chosen.most]
    if held_up:
        print(f"Somebody waited longer than {chosen.most:,.0f} ms for what should be safe: {', '.join(held_up)}")
    return 1 if held_up else 0


def kinds(loans: int) -> list[Kind]:
    from django.contrib.postgres.functions import RandomUUID
    from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
    from django.db import migrations, models

    a_number, required = models.BigIntegerField(null=True), models.BigIntegerField()
    index = models.Index(fields=["due_on", "unpaid_minor"], name="bench_index")
    rule = models.CheckConstraint(condition=models.Q(principal_minor__gte=0), name="bench_rule")
    filled = models.CheckConstraint(condition=models.Q(bench__isnull=False), name="bench_rule")
    reference = f"ALTER TABLE {TABLE} ADD CONSTRAINT bench_rule FOREIGN KEY (bench) REFERENCES loans_loan (id)"

    def add(field: models.Field) -> Any:
        return migrations.AddField("installment", "bench", field)

    def alter(field: models.Field) -> Any:
        return migrations.AlterField("installment", "bench", field)

    def fill(first: int, last: int) -> Any:
        return migrations.RunSQL(f"UPDATE {TABLE} SET bench = loan_id WHERE loan_id BETWEEN {first} AND {last}")

    validate = ValidateConstraint("installment", "bench_rule")
    return [
        Kind(
            "an index",
            safe=[[AddIndexConcurrently("installment", index)]],
            careless=[[migrations.AddIndex("installment", index)]],
        ),
        Kind(
            "a column with a default",
            safe=[[add(models.BigIntegerField(db_default=0))]],
            careless=[[add(models.UUIDField(db_default=RandomUUID()))]],
        ),
        Kind(
            "a column that is filled",
            safe=[[add(a_number)], *([fill(at, at + A_BATCH - 1)] for at in range(1, loans + 1, A_BATCH))],
            careless=[[add(a_number), fill(1, loans)]],
        ),
        Kind(
            "a column that must not be empty",
            safe=[
                [AddConstraintNotValid("installment", filled)],
                [validate],
                [alter(required), migrations.RemoveConstraint("installment", "bench_rule")],
            ],
            careless=[[alter(required)]],
            column=True,
        ),
        Kind(
            "a rule",
            safe=[[AddConstraintNotValid("installment", rule)], [validate]],
            careless=[[migrations.AddConstraint("installment", rule)]],
        ),
        Kind(
            "a reference",
            safe=[[migrations.RunSQL(f"{reference} NOT VALID")], [validate]],
            careless=[[migrations.RunSQL(reference)]],
            column=True,
        ),
        Kind(
            "a column goes",
            safe=[[migrations.RemoveField("installment", "bench")]],
            careless=[],
            column=True,
        ),
        Kind("a column, during a long report", safe=[[add(a_number)]], careless=[[add(a_number)]], holds=True),
    ]


def one(kind: Kind, way: str, people: People, report: float) -> Waited:
    """Make the change in this way, tell how long others waited, and undo it."""
    prepare(kind.column)
    with reported(report if kind.holds else 0):
        gives_up = kind.holds and way == "safe"
        change = kind.safe if way == "safe" else kind.careless
        figures = people.waited(lambda: apply(change, has_column=kind.column, gives_up=gives_up))
    prepare(has_column=False)
    return Waited(kind.name, way, *figures)


def prepare(has_column: bool) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(UNDO)
        if has_column:
            cursor.execute(f"ALTER TABLE {TABLE} ADD COLUMN bench bigint")
            cursor.execute(f"UPDATE {TABLE} SET bench = loan_id")
    settle()


def apply(change: list[Any], *, has_column: bool, gives_up: bool) -> None:
    """
    Migrate as `migrate` does.

    :param gives_up: by `lock_timeout`, and try again until it is done.
    """
    from django.db import OperationalError, connection, migrations, models
    from django.db.migrations.loader import MigrationLoader

    state = MigrationLoader(connection).project_state()
    if has_column:
        field = models.BigIntegerField(null=True)
        migrations.AddField("installment", "bench", field).state_forwards("repayments", state)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", ["300ms" if gives_up else "0"])
    for number, operations in enumerate(change):
        migration = migrations.Migration(f"bench_{number}", "repayments")
        migration.operations = operations
        migration.atomic = all(operation.atomic is not False for operation in operations)
        while True:
            try:
                with connection.schema_editor(atomic=migration.atomic) as editor:
                    state = migration.apply(state.clone(), editor)
                break
            except OperationalError:
                if not gives_up:
                    raise
                time.sleep(0.5)


@contextmanager
def reported(seconds: float) -> Iterator[None]:
    """Have somebody's report read the table and stay in its transaction for so long."""
    if not seconds:
        yield
        return
    own = connected()
    own.autocommit = False
    own.cursor().execute(READ, [1, 1])
    timer = threading.Timer(seconds, own.close)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def _go_on(end: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    own = connected()
    end.send("ready")
    with own.cursor() as cursor:
        while (asked := end.recv()) is not None:
            statement, loans = asked
            chance, longest, count = random.Random(statement), 0.0, 0  # noqa: S311
            end.send("begun")
            while not end.poll(PAUSE):
                began = time.perf_counter()
                cursor.execute(statement, [chance.randint(1, loans), chance.randint(1, COUNT)])
                longest, count = max(longest, time.perf_counter() - began), count + 1
            end.recv()
            end.send((longest, count))


def connected() -> Any:
    import psycopg2

    own = psycopg2.connect(os.environ["DATABASE_URL"])
    own.autocommit = True
    return own


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="installments")
    parser.add_argument("--report", type=float, default=4, help="seconds for which a report has the table")
    parser.add_argument("--most", type=float, default=1_000, help="ms that anybody may wait for what is safe")
    parser.add_argument("--limit", type=int, default=600, help="seconds after which a statement is cut off")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--home", type=Path, help="use the servers of this folder, which run already")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
