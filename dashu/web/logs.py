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
from opentelemetry import trace
from structlog.types import EventDict

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


def name_trace(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Of which trace a line is, where there is one to be looked at."""
    span = trace.get_current_span().get_span_context()
    if span.trace_flags.sampled:
        line["trace_id"] = trace.format_trace_id(span.trace_id)
    return line


# What every line says besides its text.
_OF_EACH_LINE = (
    structlog.contextvars.merge_contextvars,
    name_trace,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def write_json() -> None:
    """Write a JSON document a line, in production: when in UTC, how grave, who says it, what, and for which request."""
    structlog.configure(
        processors=[*_OF_EACH_LINE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


class JsonLines(structlog.stdlib.ProcessorFormatter):
    """Writes lines of structlog and of all others alike; a line break in a text is no new line."""

    def __init__(self) -> None:
        super().__init__(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=_OF_EACH_LINE,
        )


def only_what_jobs_may_say(sender: object, context: dict[str, str], **_signal: object) -> None:
    """Of a request's context a job gets its number and the loan's: not who asked, and not from where."""
    for name in set(context) - {"request_id", "loan"}:
        del context[name]
