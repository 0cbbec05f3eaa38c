"""
Roles of the database for analysts: each reads the views of the schema `analysis`, and nothing else.

The password is told once. The server is given what it checks a password by, never the password, so that it stands in no
log of statements.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils.translation import gettext_lazy as _
from psycopg2.errorcodes import INSUFFICIENT_PRIVILEGE
from psycopg2.extensions import encrypt_password

from dashu.analysis.frames import FRAMES
from dashu.analysis.views import SCHEMA, grant_views, write_views
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError

PREFIX = "analyst_"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
# For a session to begin with; they spare the server a statement that was not thought through.
_SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "300s",
    "idle_in_transaction_session_timeout": "600s",
    "search_path": SCHEMA,
}
_CONNECTIONS = 4


class InvalidAnalyst(DomainError):
    code: ClassVar[str] = "invalid_analyst"


class UnknownAnalyst(DomainError):
    code: ClassVar[str] = "unknown_analyst"


class MayNotMakeRoles(DomainError):
    code: ClassVar[str] = "may_not_make_roles"


def make_analyst(name: str, *, actor: str) -> tuple[str, str]:
    """
    Make the role of an analyst, or give theirs a new password; return role and password.

    :param name: small letters, digits and `_`; the role is called `analyst_` and the name.
    :raises InvalidAnalyst: the name is none. :raises MayNotMakeRoles: the database does not let Dashu make roles.
    """
    role = _role(name)
    password = secrets.token_urlsafe(24)
    write_views()
    with _as_allowed(), transaction.atomic(), connection.cursor() as cursor:
        is_new = not _is_there(role)
        if is_new:
            cursor.execute(f"CREATE ROLE {role} NOINHERIT NOCREATEDB NOCREATEROLE CONNECTION LIMIT {_CONNECTIONS}")
        checked_by = encrypt_password(password, role, connection.connection, "scram-sha-256")
        cursor.execute(f"ALTER ROLE {role} LOGIN PASSWORD %s", [checked_by])
        for setting, value in _SETTINGS.items():
            cursor.execute(f"ALTER ROLE {role} SET {setting} = %s", [value])
        cursor.execute(f"GRANT CONNECT ON DATABASE {_database()} TO {role}")
        grant_views(cursor, role)
        action = "analysis.analyst_made" if is_new else "analysis.password_renewed"
        audit.record(action=action, subject_type="analyst", subject_id=role, actor=actor)
    return role, password


def revoke_analyst(name: str, *, actor: str) -> str:
    """
    Take a role away, and end its sessions; return its name.

    :raises UnknownAnalyst: there is none.
    """
    role = _role(name)
    with _as_allowed(), transaction.atomic(), connection.cursor() as cursor:
        if not _is_there(role):
            raise UnknownAnalyst(_("There is no analyst %(name)s."), field="name", params={"name": name})
        cursor.execute(f"ALTER ROLE {role} NOLOGIN")
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role])
        cursor.execute(f"REVOKE ALL ON {', '.join(f'{SCHEMA}.{view}' for view in FRAMES)} FROM {role}")
        cursor.execute(f"REVOKE ALL ON SCHEMA {SCHEMA} FROM {role}")
        cursor.execute(f"REVOKE ALL ON DATABASE {_database()} FROM {role}")
        cursor.execute(f"DROP ROLE {role}")
        audit.record(action="analysis.analyst_revoked", subject_type="analyst", subject_id=role, actor=actor)
    return role


def _role(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidAnalyst(
            _("A name begins with a small letter and has only small letters, digits and _, at most 41 of them."),
            field="name",
        )
    return PREFIX + name


def _is_there(role: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return cursor.fetchone() is not None


def _database() -> str:
    return connection.ops.quote_name(connection.settings_dict["NAME"])


@contextmanager
def _as_allowed() -> Iterator[None]:
    """Turn the database's refusal into ours."""
    try:
        yield
    except ProgrammingError as error:
        if getattr(error.__cause__, "pgcode", "") != INSUFFICIENT_PRIVILEGE:
            raise
        raise MayNotMakeRoles(
            _("The database does not let this installation make roles; its owner has to allow it.")
        ) from error
