"""
What logs, and the mails of failures, leave out: values of a request, and what an address is the only key to.

A traceback names lines, not what variables held: those are names, numbers and secrets of people. Whoever looks for the
cause has the request's id, and the rows.
"""

import logging
import re
from types import TracebackType

import structlog
from django.http import HttpRequest
from django.views.debug import ExceptionReporter

# Whoever holds one of these addresses may open what it leads to, so nobody learns it from a log.
_KEYS = re.compile(r"(/(?:guarantee|sign|relief|stop|password/reset/key)/)[^/?\s]+")


def without_keys(text: str) -> str:
    return _KEYS.sub(r"\1…", text)


class WithoutKeys(logging.Filter):
    """Of Django's own lines, which name the path of every request that was not found or failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_keys(record.getMessage()), ()
        return True


class WithoutRequest(ExceptionReporter):
    """A failure as it is mailed: what went wrong and where, nothing that somebody sent."""

    def __init__(
        self,
        _request: HttpRequest | None,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
        is_email: bool = False,
    ) -> None:
        super().__init__(None, exc_type, exc_value, tb, is_email)


def print_plain_tracebacks() -> None:
    """Keep structlog from printing what variables held, which it does where `rich` is installed."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    before = [
        each for each in structlog.get_config()["processors"] if not isinstance(each, structlog.dev.ConsoleRenderer)
    ]
    structlog.configure(processors=[*before, plain])
