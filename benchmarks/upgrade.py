"""
What an upgrade does to a database with data: `python benchmarks/upgrade.py --from REVISION`.

The code of an earlier revision, taken out of Git, makes a database and fills it with its demo book. Then the code of
this tree migrates it. Each table that was there has to hold the same rows in the columns that it had, but for those
that belong to the program and not to the lender (rights, roles, migrations, timetables); the books and the audit log
have to prove right, the next night has to close, and the first page of each demo login has to answer. Told are rows,
tables, and how long each migration took. Ends with 1 where something is lost or does not answer.

A revision from before the tables began anew cannot be upgraded from, and is refused.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import own_database

ROOT = Path(__file__).resolve().parents[1]
# Written anew by the program itself after each migration, from files of the source.
OF_THE_PROGRAM = re.compile(
    r"^(django_(migrations|content_type|celery_beat_\w+)|auth_(permission|group_permissions)|ledger_accountrole)$"
)
COLUMNS = """
SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' GROUP BY table_name
"""
Digests = dict[str, tuple[int, str]]


def main() -> int:
    chosen = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="dashu-upgrade-"))
    try:
        before = take_out(chosen.revision, folder / "before")
        with own_database(with_broker=True) as make:
            url = os.environ["DATABASE_URL"] = make.services.environment()["DATABASE_URL"]
            fill(before, chosen.loans)
            columns = columns_of(url)
            held = digests(url, columns)
            migrations = migrate()
            figures = {
                "from": chosen.revision,
                "rows": sum(count for count, _digest in held.values()),
                "tables": len(held),
                "migrations": migrations,
                "changed": differing(held, digests(url, columns)),
                "checks": checks(),
            }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _tell(figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1))
    return int(bool(figures["changed"]) or not all(figures["checks"].values()))


def take_out(revision: str, into: Path) -> Path:
    """Unpack the tree of a revision; refuse one whose tables ours do not follow from."""
    into.mkdir()
    packed = subprocess.run(["git", "archive", revision], check=True, cwd=ROOT, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-C", str(into)], check=True, input=packed)
    known = {path.relative_to(ROOT) for path in ROOT.glob("**/migrations/0*.py")}
    strange = [
        path for path in (each.relative_to(into) for each in into.glob("**/migrations/0*.py")) if path not in known
    ]
    if strange:
        sys.exit(f"{revision} has migrations that this tree does not: its tables are from before they began anew")
    return into


def fill(source: Path, loans: int) -> None:
    for words in (["migrate", "--noinput"], ["seed_demo", "--loans", str(loans), "--months", "6"]):
        _manage(source, *words)


def _manage(source: Path, *words: str) -> str:
    ran = subprocess.run(
        [sys.executable, "manage.py", *words],
        check=False,
        cwd=source,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "dashu.settings.dev", "DASHU_LOG_LEVEL": "CRITICAL"},
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        sys.exit(f"{source.name}: manage.py {' '.join(words)} failed:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return ran.stdout


def _ask(url: str, query: str) -> list[tuple[Any, ...]]:
    import psycopg2

    link = psycopg2.connect(url)
    with link, link.cursor() as cursor:
        cursor.execute(query)
        found = cursor.fetchall()
    link.close()
    return found


def columns_of(url: str) -> dict[str, list[str]]:
    return {table: columns for table, columns in _ask(url, COLUMNS) if not OF_THE_PROGRAM.match(table)}


def digests(url: str, columns: Mapping[str, list[str]]) -> Digests:
    """Return how many rows each table has, and a sum over what they hold in these columns."""
    found: Digests = {}
    for table, names in columns.items():
        row = ", ".join(f'"{name}"' for name in names)
        query = f'SELECT count(*), sum(hashtextextended(ROW({row})::text, 0)::numeric)::text FROM "{table}"'
        found[table] = _ask(url, query)[0]  # type: ignore[assignment]
    return found


def differing(before: Digests, after: Digests) -> list[str]:
    return [
        f"{table}: {rows} rows before, {after[table][0]} after" if table in after else f"{table}: gone"
        for table, (rows, digest) in before.items()
        if after.get(table) != (rows, digest)
    ]


def migrate() -> dict[str, float]:
    """Migrate with the code of this tree, one migration after the other; return the seconds of each."""
    plan = re.findall(r"\[ \]\s+(\w+)\.(\w+)", _manage(ROOT, "showmigrations", "--plan"))
    took = {}
    for app, name in plan:
        began = time.monotonic()
        _manage(ROOT, "migrate", app, name, "--noinput")
        took[f"{app}.{name}"] = time.monotonic() - began
    _manage(ROOT, "migrate", "--noinput")
    return took


def checks() -> dict[str, bool]:
    """Whether what has to be right after an upgrade is."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashu.settings.dev"
    import django

    django.setup()
    from datetime import timedelta

    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from collections_mgmt.models import CloseRun
    from collections_mgmt.services.close_day import close_date
    from dashu.audit import chain
    from dashu.kernel.dates import lender_today
    from dashu.users.models import User
    from repayments.selectors.reconciliation import differences

    call_command("collectstatic", interactive=False, verbosity=0)
    settings.ALLOWED_HOSTS = ["testserver"]
    last = CloseRun.objects.filter(status="CLOSED").latest("business_date").business_date
    found = {"books agree with the postings": not differences()}
    closed = close_date(business_date=last + timedelta(days=1), today=max(lender_today(), last + timedelta(days=2)))
    found["the next night closes"] = closed.status == "CLOSED"
    found["books agree after it"] = not differences()
    chain.link_new_records()
    found["the audit log is whole"] = not chain.verify(holds=None).faults
    for role in User.Role.values:
        user = User.objects.filter(role=role, is_active=True).first()
        if user is None:
            continue
        client = Client(raise_request_exception=False)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        found[f"first page of {role}"] = client.get("/", follow=True).status_code == 200
    return found


def _tell(figures: Mapping[str, Any]) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"from {figures['from']}: {figures['rows']:,} rows in {figures['tables']} tables")
    for name, seconds in figures["migrations"].items():
        print(f"  {name:50}{seconds:>6.1f} s with the start of the program")
    print(f"changed: {', '.join(figures['changed']) or 'nothing'}")
    for says, is_so in figures["checks"].items():
        print(f"  {says}: {'yes' if is_so else 'NO'}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="revision", default="HEAD~1", metavar="REVISION")
    parser.add_argument("--loans", type=int, default=200, help="of the demo book that is upgraded")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
