"""Tell a database that cannot be reached from every other failure, and say what to do about it."""

import os
from urllib.parse import urlsplit

from .refusal import Refusal


def refusal_for(error: BaseException) -> Refusal | None:
    """
    Return the refusal `database_unreachable` when the error is a failed connection, else None.

    A failed connection has no SQLSTATE: nobody was there to give one. A refusal by the server after the connection
    stands, such as a deadlock, has one.
    """
    from django.conf import settings
    from django.db import OperationalError

    if not isinstance(error, OperationalError) or getattr(error.__cause__, "pgcode", None) is not None:
        return None
    database = settings.DATABASES["default"]
    reason = str(error).strip().splitlines()[0].rstrip(".?")
    return Refusal(
        "database_unreachable",
        f"The database at {database['HOST']}:{database['PORT'] or 5432} cannot be used ({reason}). {_what_to_do()}",
    )


def _what_to_do() -> str:
    if url := os.environ.get("DATABASE_URL"):
        return f"Start that server, or correct or unset DATABASE_URL (host {urlsplit(url).hostname}), and try again."
    return "Start Dashu with script/server and try again."
