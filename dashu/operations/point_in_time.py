"""
Going back to a moment: a base backup, and the write-ahead log that Postgres kept since.

Postgres archives the log itself, by the settings that `archive_faults` looks for. Nothing here stops or starts a
server: what is prepared is a data folder of its own, beside the one that is in use.

Source: PostgreSQL, "Continuous Archiving and Point-in-Time Recovery (PITR)".
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from dashu.kernel.errors import DomainError, _
from dashu.operations.findings import Finding, State, failed, ok
from dashu.operations.postgres_tools import run_tool
from dashu.operations.restoring import NotEmpty

ARCHIVE_COMMAND = "test ! -f {archive}/%f && cp %p {archive}/%f.part && mv {archive}/%f.part {archive}/%f"
LONGEST_TIMEOUT_SECONDS = 300
LABEL, CONTROL = "backup_label", "PG_VERSION"
_STARTED = re.compile(r"^START TIME: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (UTC|GMT)$", re.MULTILINE)


class NotABase(DomainError):
    """A folder is no base backup of a server, or none of a server that runs by UTC."""

    code = "not_a_base_backup"


class MomentOutside(DomainError):
    """The moment lies before the base backup was taken."""

    code = "moment_before_base_backup"


def archive_faults() -> Iterator[Finding]:
    """Yield whether the server of the settings keeps its log, and whether that goes well."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(_WANTED)])
        found = dict(cursor.fetchall())
        cursor.execute("SELECT last_archived_time, last_failed_time, last_failed_wal FROM pg_stat_archiver")
        archived_at, failed_at, lost = cursor.fetchone()
    for name, (is_right, advice) in _WANTED.items():
        says = f"{name} is {found.get(name) or 'empty'}"
        yield ok("archive", says) if is_right(found.get(name, "")) else failed("archive", says, advice)
    if failed_at and (archived_at is None or failed_at > archived_at):
        yield failed("archive", f"{lost} could not be archived", "Make room, and look into the log of Postgres.")


def check_archive() -> Iterator[Finding]:
    """Say what is wrong with an archive, where the server keeps one; an installation may do without."""
    findings = list(archive_faults())
    if findings[0].state is not State.FAILED:
        yield from (each for each in findings if each.state is State.FAILED)
        if all(each.state is not State.FAILED for each in findings):
            yield ok("archive", "the log of Postgres is kept")


def take_base_backup(folder: Path, *, now: datetime, database: Mapping[str, Any]) -> Path:
    """
    Copy the data folder of a server that goes on working, with the sums that Postgres checks it by.

    :returns: the new folder, named by the moment.
    :raises PostgresToolMissing, PostgresToolFailed: the latter also where the login may not copy (REPLICATION).
    """
    made = folder / f"base-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    options = ("--checkpoint=fast", "--wal-method=none", "--no-password")
    run_tool("pg_basebackup", f"--pgdata={made}", *options, database=database)
    run_tool("pg_verifybackup", "--no-parse-wal", str(made), database=database)
    return made


def prepare_recovery(base: Path, archive: Path, moment: datetime, into: Path) -> Path:
    """
    Copy a base backup into a new data folder that goes on to a moment by itself when a server is started on it.

    The log from the base on is read from the archive; what happened after the moment is left out, and the server then
    takes writes on a time line of its own.

    :raises NotABase, MomentOutside, NotEmpty: see there; nothing is written then.
    """
    if moment <= _begun_at(base):
        raise MomentOutside(
            _("The base backup was begun at %(at)s. Take an older one, or a later moment."),
            params={"at": _begun_at(base).isoformat()},
        )
    if not archive.is_dir():
        raise NotABase(_("There is no archive at %(place)s."), params={"place": archive})
    if into.exists() and any(into.iterdir()):
        raise NotEmpty(_("%(name)s has files. Restore into an empty folder."), params={"name": into})
    shutil.copytree(base, into, dirs_exist_ok=True)
    lines = {
        "restore_command": f"cp {archive}/%f %p",
        "recovery_target_time": moment.isoformat(sep=" "),
        "recovery_target_action": "promote",
        "archive_mode": "off",
    }
    with (into / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in lines.items())
    (into / "recovery.signal").touch()
    into.chmod(0o700)
    return into


def _begun_at(base: Path) -> datetime:
    """Return when a base backup was begun. :raises NotABase:"""
    if not (base / CONTROL).is_file() or not (base / LABEL).is_file():
        raise NotABase(_("%(place)s is no base backup of Postgres."), params={"place": base})
    found = _STARTED.search((base / LABEL).read_text(encoding="utf-8"))
    if found is None:
        raise NotABase(_("The label of %(place)s does not say by UTC when it was begun."), params={"place": base})
    return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)


_WANTED: dict[str, tuple[Any, str]] = {
    "archive_mode": (lambda found: found in ("on", "always"), "Set archive_mode = on and start Postgres anew."),
    "archive_command": (
        lambda found: "%p" in found and "%f" in found,
        f"Set archive_command = '{ARCHIVE_COMMAND.format(archive='/archive')}' and reload.",
    ),
    "archive_timeout": (
        lambda found: found.isdecimal() and 0 < int(found) <= LONGEST_TIMEOUT_SECONDS,
        "Set archive_timeout = 60: so much of the newest work is lost with the server's disk.",
    ),
}
