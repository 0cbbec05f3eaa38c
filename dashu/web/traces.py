"""
Traces for a collector that speaks OTLP over HTTP, where OTEL_EXPORTER_OTLP_ENDPOINT names one.

A request is a trace, with what it asks of the database and of Redis; the jobs it asked for belong to it. Spans wait in
a queue with an end and leave from a thread of their own, so a collector that is slow or away holds nobody up. Each
process begins by itself with its first request or job, after it was forked: threads do not outlive a fork. What leaves
is said in `dashu.web.spans`.

Jobs are followed here and not by OpenTelemetry's part for Celery: that one keeps a span open in the caller for each
message that a broker which is away did not take.
"""

import atexit
import logging
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any

from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun, worker_process_shutdown
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.re import parse_env_headers

from dashu.web.spans import PartsOnly, Reduced

logger = logging.getLogger(__name__)

SECONDS_TO_EXPORT, SECONDS_TO_END = 3, 5
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PARTS = (Psycopg2Instrumentor, RedisInstrumentor)
_CONTEXT = TraceContextTextMapPropagator()


class Tracing:
    """
    The spans of this process, from `begin` to `end`.

    :param exporter: where they go instead of the collector that the settings name.
    """

    def __init__(
        self,
        exporter: SpanExporter | None = None,
        processor: Callable[[SpanExporter], SpanProcessor] = BatchSpanProcessor,
    ) -> None:
        self._lock = Lock()
        self._given = exporter
        self._processor = processor
        self._provider: trace.TracerProvider | None = None
        self._is_ending, self._has_ended = Event(), Event()

    def begin(self) -> trace.TracerProvider:
        """Begin, where that was not done. What cannot be set up is told once, and all goes on without traces."""
        with self._lock:
            if self._provider is None:
                try:
                    self._provider = self._begun()
                except Exception:
                    logger.exception("There are no traces of this process")
                    self._provider = trace.NoOpTracerProvider()
            return self._provider

    def tracer(self) -> trace.Tracer:
        return self.begin().get_tracer(__name__)

    def end(self) -> None:
        """Send what waits, for as long as that may take; whoever ends waits no longer for a collector."""
        if isinstance(self._provider, TracerProvider) and not self._is_ending.is_set():
            for part in _PARTS:
                part().uninstrument()
            self._is_ending.set()
            self._has_ended.wait(SECONDS_TO_END)

    def _begun(self) -> TracerProvider:
        about = Resource.create({"service.name": settings.TRACES_SERVICE})
        provider = TracerProvider(resource=about, shutdown_on_exit=False)
        provider.sampler = PartsOnly(provider.sampler)
        provider.add_span_processor(self._processor(Reduced(self._given or _to_collector())))
        for part in _PARTS:
            part().instrument(tracer_provider=provider)
        # It waits from now on, because a process that ends can start no thread.
        Thread(target=self._send_rest, args=(provider,), name="traces", daemon=True).start()
        atexit.register(self.end)
        return provider

    def _send_rest(self, provider: TracerProvider) -> None:
        self._is_ending.wait()
        provider.shutdown()
        self._has_ended.set()


def _to_collector() -> SpanExporter:
    return OTLPSpanExporter(
        endpoint=f"{settings.TRACES_ENDPOINT.rstrip('/')}/v1/traces",
        headers=parse_env_headers(settings.TRACES_HEADERS, liberal=True),
        timeout=SECONDS_TO_EXPORT,
    )


tracing = Tracing()


def connect() -> None:
    """Follow jobs from now on; a second call changes nothing."""
    for signal, receiver in FOLLOWED:
        signal.connect(receiver, dispatch_uid=f"traces.{receiver.__name__}")


def hand_on(headers: dict[str, Any] | None = None, **_given: Any) -> None:
    """Write into a message which trace it belongs to."""
    if headers is not None:
        _CONTEXT.inject(headers)


def begin_job(task: Any = None, **_given: Any) -> None:
    asked_by = getattr(task.request, "traceparent", None)
    context = _CONTEXT.extract({"traceparent": asked_by}) if isinstance(asked_by, str) else None
    span = tracing.tracer().start_span(f"run {task.name}", context=context, kind=trace.SpanKind.CONSUMER)
    span.set_attribute("celery.task_name", task.name)
    span.set_attribute("celery.retries", task.request.retries or 0)
    task.request.traced = trace.use_span(span, end_on_exit=True)
    task.request.traced.__enter__()


def note_failed_job(exception: BaseException | None = None, **_given: Any) -> None:
    note_failure(exception)


def end_job(task: Any = None, state: str | None = None, **_given: Any) -> None:
    if traced := getattr(task.request, "traced", None):
        trace.get_current_span().set_attribute("celery.state", state or "LOST")
        traced.__exit__(None, None, None)


def end_process(**_given: Any) -> None:
    tracing.end()


FOLLOWED = (
    (before_task_publish, hand_on),
    (task_prerun, begin_job),
    (task_failure, note_failed_job),
    (task_postrun, end_job),
    (worker_process_shutdown, end_process),
)


def note_failure(failure: BaseException | None) -> None:
    """Of a failure its class, never its words."""
    span = trace.get_current_span()
    span.set_attribute("error.type", type(failure).__qualname__)
    span.set_status(trace.StatusCode.ERROR)


class TraceRequests:
    """
    A span for each request, named by its route, which is one for all loans, people and keys in addresses.

    Each request begins a trace: what callers say of theirs is believed as little as anything else about them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.untraced = (reverse("live"), reverse("ready"), "/metrics", settings.STATIC_URL)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(self.untraced):
            return self.get_response(request)
        method = request.method if request.method in _METHODS else "_OTHER"
        span = tracing.tracer().start_span(str(method), context=Context(), kind=trace.SpanKind.SERVER)
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            span.set_attribute("http.request.method", str(method))
            response = self.get_response(request)
            if request.resolver_match:
                span.update_name(f"{method} {request.resolver_match.route}")
                span.set_attribute("http.route", request.resolver_match.route)
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= 500:
                span.set_status(trace.StatusCode.ERROR)
        return response

    def process_exception(self, _request: HttpRequest, failure: Exception) -> None:
        note_failure(failure)
