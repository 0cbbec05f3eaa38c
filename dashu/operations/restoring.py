"""
Restoring a backup into an empty database, and proving that the book in it is the one that was backed up.

What is proved: every table has as many rows, every account of the ledger holds the same to the minor unit, borrowers
owe the same, every loan agrees with the ledger, the audit log holds up to the link that the manifest noted, and a night
that was interrupted ends.
"""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
from django.conf import settings
from psycopg2 import sql

from dashu.kernel.errors import DomainError, _
from dashu.operations.backup import DATABASE, FILES, read_manifest
from dashu.operations.findings import Finding, failed, ok
from dashu.operations.postgres_tools import run_tool

KEEP_IT = "Keep the backup, and restore the one before it."
NO_BROKER = "redis://127.0.0.1:1/0"
SAME = ("rows", "ledger_minor", "principal_minor", "closed_through", "audit_head", "migrations")


class NotEmpty(DomainError):
    """What is there would be mixed with what is restored."""

    code = "restore_target_not_empty"


def restore_database(backup: Path, database: Mapping[str, Any], *, jobs: int = 2) -> None:
    """
    Restore into a database that has no table yet.

    :raises BackupDamaged, NotEmpty, PostgresToolFailed:
    """
    read_manifest(backup)
    with _connected(database) as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
        if cursor.fetchone()[0]:
            raise NotEmpty(
                _("The database %(name)s has tables. Restore into an empty one."), params={"name": database["NAME"]}
            )
    arguments = ("--no-owner", "--no-privileges", "--exit-on-error", f"--jobs={jobs}", f"--dbname={database['NAME']}")
    run_tool("pg_restore", *arguments, str(backup / DATABASE), database=database)


def restore_files(backup: Path, home: Path) -> None:
    """Unpack the files into a home that has none. :raises BackupDamaged, NotEmpty:"""
    read_manifest(backup)
    with tarfile.open(backup / FILES) as packed:
        tops = {Path(name).parts[0] for name in packed.getnames()}
        for top in sorted(tops):
            if (home / top).exists() and any((home / top).iterdir()):
                raise NotEmpty(_("%(name)s has files. Restore into an empty folder."), params={"name": home / top})
        packed.extractall(home, filter="data")


@contextmanager
def drill_database() -> Iterator[dict[str, Any]]:
    """Make a database of its own on the same server, yield its settings, and drop it whatever happens."""
    own = dict(settings.DATABASES["default"])
    name = f"dashu_drill_{os.getpid()}"
    with _connected(own) as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield {**own, "NAME": name}
    finally:
        with _connected(own) as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def prove(backup: Path, database: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what was compared between a backup and the database that was restored from it."""
    manifest = read_manifest(backup)
    result = _prove_book(database, manifest["audit_head"])
    if result.returncode:
        words = (result.stdout + result.stderr).strip().splitlines()
        yield failed("restored book", " ".join(words[-3:]), KEEP_IT)
        return
    told = json.loads(result.stdout.splitlines()[-1])
    for name in SAME:
        yield _compared(name, manifest[name], told["figures"][name])
    yield _said("books", told["books"], "every loan agrees with the ledger to the last unit")
    faults = [f"{fault['kind']} at link {fault['number']}, record {fault['record']}" for fault in told["audit"]]
    yield _said("audit log", faults, "it holds from the first link to the last, and through the one in the manifest")
    if nights := told["nights"]:
        yield ok("interrupted work", f"these nights went on and ended: {', '.join(nights)}")
        yield _said("books after it", told["books_after"], "every loan still agrees with the ledger")
    else:
        yield ok("interrupted work", "no night was interrupted")


def _compared(name: str, wanted: Any, found: Any) -> Finding:
    check = name.removesuffix("_minor").replace("_", " ")
    if wanted == found:
        return ok(check, f"the same as in the backup ({len(wanted) if isinstance(wanted, (dict, list)) else wanted})")
    if isinstance(wanted, dict) and isinstance(found, dict):
        key = next(key for key in sorted({*wanted, *found}) if wanted.get(key) != found.get(key))
        says = f"{key} is {found.get(key)}, and was {wanted.get(key)}"
    else:
        says = f"it is {found}, and was {wanted}"
    return failed(check, says, KEEP_IT)


def _said(check: str, wrong: list[str], says: str) -> Finding:
    return failed(check, "; ".join(wrong[:3]), KEEP_IT) if wrong else ok(check, says)


def _prove_book(database: Mapping[str, Any], audit_head: str) -> "subprocess.CompletedProcess[str]":
    """
    Run `manage.py prove_book` on another database.

    It reaches no broker: what it would queue is about the copy, and workers would do it to the real book.
    """
    return subprocess.run(
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "prove_book", "--holds", audit_head],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "DATABASE_URL": _url(database), "REDIS_URL": NO_BROKER},
    )


def _url(database: Mapping[str, Any]) -> str:
    user, password = quote(str(database["USER"]), safe=""), quote(str(database["PASSWORD"]), safe="")
    return f"postgres://{user}:{password}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"


@contextmanager
def _connected(database: Mapping[str, Any]) -> Iterator[Any]:
    connection = psycopg2.connect(
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        dbname=database["NAME"],
    )
    connection.autocommit = True  # databases are neither made nor dropped in a transaction
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
