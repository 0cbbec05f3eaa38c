"""
A backup of one moment: the database, the files, and a manifest that says what a restored book must come to.

    20261130T154501Z/
      database.dump   pg_dump, custom format
      files.tar       what people sent and what was issued, as it lies in the home (sealed where it is sealed there)
      manifest.json   figures of the same moment as the dump, and the SHA-256 of both files

The figures are read in the very snapshot that pg_dump reads, so writers need not stop. Files are copied after it: each
that a row names is there; one that no row names yet does no harm. The keys of the fields are not in it, on purpose.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dashu.kernel.errors import DomainError, _
from dashu.operations.postgres_tools import run_tool
from dashu.operations.vitals import figures_of_book

DATABASE, FILES, MANIFEST = "database.dump", "files.tar", "manifest.json"
KEPT_FOLDERS = ("media", "private")
FORMAT = 1


class BackupDamaged(DomainError):
    """A file of a backup is missing, or is not the one that was written."""

    code = "backup_damaged"


def write_backup(folder: Path, *, now: datetime) -> Path:
    """
    Write a backup into a new folder below `folder`, and return it once it is whole.

    :raises PostgresToolFailed, PostgresToolMissing: nothing is left then that looks like a backup.
    """
    made = folder / now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    draft = made.with_name(f".{made.name}.part")
    draft.mkdir(mode=0o700, parents=True)
    with _exported_snapshot() as snapshot:
        figures = figures_of_book()
        arguments = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
        run_tool("pg_dump", *arguments, f"--file={draft / DATABASE}", database=settings.DATABASES["default"])
    _pack_files(draft / FILES)
    manifest = {
        "format": FORMAT,
        "at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "policy_pack": settings.LENDER_POLICY_PACK,
        "field_keys": [name for name, _key in settings.FIELD_KEYS],
        "sha256": {name: _digest(draft / name) for name in (DATABASE, FILES)},
        **figures,
    }
    (draft / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    for path in draft.iterdir():
        path.chmod(0o600)
    draft.replace(made)
    return made


def read_manifest(backup: Path) -> dict[str, Any]:
    """
    Return the manifest of a backup whose files are as they were written.

    :raises BackupDamaged: they are not.
    """
    try:
        manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_text())
        whole = all(_digest(backup / name) == digest for name, digest in manifest["sha256"].items())
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BackupDamaged(
            _("%(backup)s is no backup, or a file of it is missing."), params={"backup": backup.name}
        ) from error
    if not whole or manifest.get("format") != FORMAT:
        raise BackupDamaged(_("%(backup)s is not as it was written. Take another one."), params={"backup": backup.name})
    return manifest


@contextmanager
def _exported_snapshot() -> Iterator[str]:
    """Hold a transaction open in which all is read as of one moment, and yield its name for other connections."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _pack_files(target: Path) -> None:
    home = Path(settings.DASHU_HOME)
    with tarfile.open(target, "w") as packed:
        for name in KEPT_FOLDERS:
            if (home / name).is_dir():
                packed.add(home / name, arcname=name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
