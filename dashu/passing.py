"""
Failures that pass by themselves: the database is away, full, overloaded, or gave up waiting as told; Redis is away.

Whoever asked is told to come again instead of that we made a mistake. What was asked for was not done, with one
exception: a connection that breaks while a transaction ends leaves unknown whether it ended, so that the same has to be
asked for again under the same key, which does it once.

Source: PostgreSQL, Appendix A (error codes).
"""

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection
from redis import exceptions as redis

RETRY_SECONDS = 10

_CLASSES = {
    "08",  # the connection broke
    "53",  # out of disk, memory or connections
}
_CODES = {
    "25006",  # it takes no writes: a standby that is about to lead
    "40001",  # in the way of another transaction
    "40P01",  # both waited for each other
    "55P03",  # somebody else held the row for too long
    "57014",  # it took longer than a request may wait
    "57P01",  # it is being stopped,
    "57P02",  # a process of it broke and took all down,
    "57P03",  # or it starts
    "57P05",  # idle for too long
    "58030",  # the disk does not answer
}


def passes(error: BaseException) -> bool:
    """Whether trying again later can help, because of what it says itself or of what it was raised for."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, Error):
            return _is_passing(cause)
        if isinstance(cause, (redis.ConnectionError, redis.TimeoutError)):
            return True
        seen.add(id(cause))
        cause = cause.__cause__
    return False


def _is_passing(error: Error) -> bool:
    code = getattr(error.__cause__, "pgcode", None)
    if code:
        return code in _CODES or code[:2] in _CLASSES
    # Without a code nothing came from the server: there was no connection, or there is none any more.
    return isinstance(error, OperationalError) or (isinstance(error, InterfaceError) and "connection" in str(error))


def limit_statements() -> None:
    """
    Have each statement of this process cut off after `STATEMENT_SECONDS`; 0 for never. Called by the web server alone:
    a night's statements may take longer, and behind PgBouncer it is the pool that limits them.
    """
    if seconds := settings.STATEMENT_SECONDS:
        options = connection.settings_dict.setdefault("OPTIONS", {})
        options["options"] = f"{options.get('options', '')} -c statement_timeout={seconds}s".strip()
