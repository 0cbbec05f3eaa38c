"""
What a trace may say: which spans there are, and what of each leaves the process.

The libraries that make spans write down statements, keys, addresses and the words of errors. Of all that only what is
named here leaves: a person or a number can be in none of it.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler, SamplingResult

_KEPT = frozenset(
    {
        *("http.request.method", "http.route", "http.response.status_code", "error.type"),
        *("db.system", "db.redis.pipeline_length"),
        *("celery.task_name", "celery.state", "celery.retries"),
    }
)
# A verb of SQL, or the commands that go to Redis together.
_VERBS = re.compile(r"[A-Z]+( [A-Z]+){0,9}")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?\"?([a-z_0-9]+)", re.IGNORECASE)


class PartsOnly(Sampler):
    """A call to a server is a part of a request or a job. One that belongs to neither, as a health check's, is none."""

    def __init__(self, of_requests_and_jobs: Sampler) -> None:
        self._chosen = of_requests_and_jobs

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: trace.SpanKind | None = None,
        *more: Any,
        **named: Any,
    ) -> SamplingResult:
        has_parent = trace.get_current_span(parent_context).get_span_context().is_valid
        sampler = ALWAYS_OFF if kind is trace.SpanKind.CLIENT and not has_parent else self._chosen
        return sampler.should_sample(parent_context, trace_id, name, kind, *more, **named)

    def get_description(self) -> str:
        return f"PartsOnly({self._chosen.get_description()})"


class Reduced(SpanExporter):
    """Gives the exporter spans with what may leave, and nothing else."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([reduced(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()


def reduced(span: ReadableSpan) -> ReadableSpan:
    """Return the span without what is not named here: events and links, a status's words, statements, addresses."""
    given = span.attributes or {}
    kept: dict[str, Any] = {name: value for name, value in given.items() if name in _KEPT}
    for event in span.events:
        if failure := (event.attributes or {}).get("exception.type"):
            kept["error.type"] = failure
    if table := _table(given.get("db.statement")):
        kept["db.collection.name"] = table
    return ReadableSpan(
        name=_name(span, table),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=kept,
        kind=span.kind,
        status=trace.Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _name(span: ReadableSpan, table: str) -> str:
    if span.kind is not trace.SpanKind.CLIENT:
        return span.name  # ours, of a route or a task
    verb = span.name.upper()
    name = verb if _VERBS.fullmatch(verb) else str((span.attributes or {}).get("db.system", "call"))
    return f"{name} {table}".strip()


def _table(statement: object) -> str:
    """Return the first table of ours that a statement names; "" where there is none."""
    if not isinstance(statement, str):
        return ""
    return next((name for name in _TABLE.findall(statement) if name in _tables()), "")


@cache
def _tables() -> frozenset[str]:
    return frozenset(connection.introspection.django_table_names())
