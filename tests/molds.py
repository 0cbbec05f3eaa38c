"""
A database with all tables, kept by the server of the tests and copied, instead of migrating one for each process.

It is named after the digest of the migrations: whoever changes one gets a new one. Whoever only adds some goes on from
the one before, as a lender's database does. What a start of the lender needs is loaded into the copy every time.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
ROLES = ROOT / "dashu" / "users" / "roles.yaml"
LOCK = 7_201_345
PREFIX = "mold_"


class Mold:
    """Held by one process at a time: the first one finds none and makes it, the others wait and find it."""

    def __init__(self) -> None:
        self._files = _files()
        self.name = PREFIX + _digest(self._files)
        address = urlsplit(os.environ["DATABASE_URL"])
        self._server = psycopg2.connect(urlunsplit(address._replace(path="/postgres")))
        self._server.autocommit = True

    def __enter__(self) -> Self:
        self._ask("SELECT pg_advisory_lock(%s)", [LOCK])
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.close()

    @property
    def is_there(self) -> bool:
        return bool(self._ask("SELECT 1 FROM pg_database WHERE datname = %s", [self.name]))

    @property
    def template(self) -> str | None:
        """Return the database to copy: this one, or an earlier one that lacks nothing but newer migrations."""
        found = self._ask(
            "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname LIKE %s",
            [PREFIX + "%"],
        )
        fitting = (name for name, files in found if json.loads(files or '{"?": ""}').items() <= self._files.items())
        return next(fitting, None)

    def finish(self) -> None:
        """Let the next process go on; where there was none, after keeping a copy of Django's database."""
        if not self.is_there:
            self._keep()
        self._ask("SELECT pg_advisory_unlock(%s)", [LOCK])

    def _keep(self) -> None:
        for (old,) in self._ask("SELECT datname FROM pg_database WHERE datname LIKE %s", [PREFIX + "%"]):
            self._ask(f"DROP DATABASE {old}")
        source = connection.settings_dict["NAME"]
        connection.close()
        self._ask(f"CREATE DATABASE {self.name} TEMPLATE {source} STRATEGY file_copy")
        self._ask(f"COMMENT ON DATABASE {self.name} IS %s", [json.dumps(self._files)])

    def _ask(self, statement: str, values: list[Any] | None = None) -> list[Any]:
        with self._server.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def _files() -> dict[str, str]:
    """Return the digest of each migration by its path; roles are brought up to date by every `migrate`."""
    found = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("dashu/*/migrations/*.py")]
    return {file.relative_to(ROOT).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in found}


def _digest(files: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode() + ROLES.read_bytes()).hexdigest()[:16]
