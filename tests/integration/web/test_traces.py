"""Traces say where time goes, and nothing of anybody: what of a span leaves, whose it is, what a bad collector does."""

import json
import logging
import runpy
from datetime import timedelta
from http.client import HTTPConnection
from time import monotonic
from typing import Any

import pytest
from celery import Celery, shared_task
from django.db import connection
from django.http import HttpRequest, HttpResponse
from kombu.exceptions import OperationalError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from dashu.kernel.dates import lender_today
from dashu.messaging.models import OutboxMessage
from dashu.operations.metrics import exposition
from dashu.portal.signing import by_link
from dashu.web import spans, traces
from dashu.web.logs import JsonLines
from tests import factories
from tests.integration.api.conftest import PartnerProgram, program_of
from tests.integration.faults.clients import Order, headers_of
from tests.integration.faults.parts import running, web_server, worker
from tests.integration.runtime.processes import until
from tests.receivers import Receiver, receiver

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "5e" * 24
HERS = ("Amina-Wei", "13800001234", KEY, "COOKIE-OF-HERS", "SECRET-OF-HERS")
MIDDLEWARE = "dashu.web.traces.TraceRequests"


@shared_task
def fail_with_a_phone() -> None:
    raise ValueError("13800001234 is Amina-Wei's")


def _failing(request: HttpRequest, token: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM users_borrower WHERE external_key = '{request.POST['name']}'")
    raise RuntimeError(f"{request.POST['name']} {token}")


@pytest.fixture
def trace(settings, monkeypatch):
    """Begin to trace this process; what is over is undone, so that other tests see no span."""
    settings.MIDDLEWARE = [settings.MIDDLEWARE[0], MIDDLEWARE, *settings.MIDDLEWARE[1:]]
    begun = []

    def begin(*exporter: Any) -> traces.Tracing:
        tracing = traces.Tracing(*exporter)
        monkeypatch.setattr(traces, "tracing", tracing)
        begun.append(tracing)
        tracing.begin()
        connection.close()  # one that was opened before is not traced
        return tracing

    traces.connect()
    yield begin
    for signal, follower in traces.FOLLOWED:
        signal.disconnect(dispatch_uid=f"traces.{follower.__name__}")
    for tracing in begun:
        tracing.end()
    connection.close()


@pytest.fixture
def danas_program(dana) -> PartnerProgram:
    return program_of(dana)


@pytest.fixture
def kept(trace) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    trace(exporter, SimpleSpanProcessor)
    return exporter


def of_kind(kept: InMemorySpanExporter, kind: SpanKind) -> list[ReadableSpan]:
    return [span for span in kept.get_finished_spans() if span.kind is kind]


def said(kept: InMemorySpanExporter) -> str:
    return "".join(span.to_json() for span in kept.get_finished_spans())


class TestRequests:
    def test_are_named_by_their_route_with_what_they_asked_of_the_servers(self, danas_program, kept):
        kept.clear()
        assert danas_program.get("loans?q=Amina-Wei").status_code == 422
        assert danas_program.get("loans/DS-13800001234").status_code == 404

        refused, sought = of_kind(kept, SpanKind.SERVER)
        assert refused.name == "GET api/v1/loans"
        assert sought.attributes == {
            "http.request.method": "GET",
            "http.route": "api/v1/loans/<str:number>",
            "http.response.status_code": 404,
        }
        inside = [span for span in of_kind(kept, SpanKind.CLIENT) if span.context.trace_id == sought.context.trace_id]
        assert {"SELECT oauth2_provider_accesstoken", "SELECT loans_loan"} <= {span.name for span in inside}
        assert {span.parent.span_id for span in inside} == {sought.context.span_id}
        assert [word for word in HERS if word in said(kept)] == []

    def test_that_fail_say_the_class_and_nothing_of_what_was_sent(self, client, kept, monkeypatch):
        monkeypatch.setattr(by_link, "_page", _failing)
        client.raise_request_exception = False
        client.cookies["signature"] = "COOKIE-OF-HERS"

        client.post(f"/sign/{KEY}/?state=SECRET-OF-HERS", {"name": "Amina-Wei"}, headers={"User-Agent": "13800001234"})

        [request] = of_kind(kept, SpanKind.SERVER)
        assert (request.status.status_code, request.status.description) == (StatusCode.ERROR, None)
        assert request.attributes["http.route"] == r"^sign/(?P<token>[0-9a-f]{48})/$"
        assert "error.type" in request.attributes
        assert [word for word in HERS if word in said(kept)] == []
        assert all(span.attributes.keys() <= spans._KEPT | {"db.collection.name"} for span in kept.get_finished_spans())

    def test_begin_a_trace_whatever_their_caller_says(self, client, kept):
        theirs = "0af7651916cd43dd8448eb211c80319c"

        client.get("/verify/", headers={"traceparent": f"00-{theirs}-b7ad6b7169203331-00", "baggage": "who=Amina-Wei"})

        [request] = of_kind(kept, SpanKind.SERVER)
        assert request.parent is None
        assert f"{request.context.trace_id:032x}" != theirs

    def test_for_health_and_figures_and_files_are_none(self, client, kept, settings):
        settings.METRICS_TOKEN = "a-token"

        for path in ("/healthz", "/readyz", exposition.PROCESSES, exposition.STATE, "/static/css/none.css"):
            client.get(path, HTTP_AUTHORIZATION="Bearer a-token")

        assert kept.get_finished_spans() == ()

    @pytest.mark.parametrize(("sampler", "share"), [("always_off", ""), ("parentbased_traceidratio", "0")])
    def test_are_taken_as_the_sampler_says(self, client, trace, monkeypatch, sampler, share):
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
        monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", share)
        exporter = InMemorySpanExporter()
        trace(exporter, SimpleSpanProcessor)

        assert client.get("/verify/").status_code == 200
        assert exporter.get_finished_spans() == ()


class TestJobs:
    def test_that_fail_say_the_class_alone(self, kept):
        fail_with_a_phone.apply()

        [job] = of_kind(kept, SpanKind.CONSUMER)
        assert job.name == f"run {fail_with_a_phone.name}"
        assert (job.status.status_code, job.status.description) == (StatusCode.ERROR, None)
        assert job.attributes == {
            "celery.task_name": fail_with_a_phone.name,
            "celery.retries": 0,
            "celery.state": "FAILURE",
            "error.type": "ValueError",
        }
        assert [word for word in HERS if word in said(kept)] == []

    def test_that_no_broker_takes_leave_nothing_open(self, kept, monkeypatch):
        tracer = traces.tracing.tracer()
        with Celery(broker="redis://127.0.0.1:1/0") as unreachable, tracer.start_as_current_span("request") as request:
            with pytest.raises(OperationalError):
                unreachable.send_task("anything", retry=False, connection_timeout=1)

            assert get_current_span() is request


class TestLines:
    def line(self) -> dict:
        record = logging.LogRecord("dashu.x", logging.INFO, "f.py", 1, "said", (), None)
        return json.loads(JsonLines().format(record))

    def test_name_the_trace_that_they_belong_to(self, kept):
        tracer = traces.tracing.begin().get_tracer("test")

        with tracer.start_as_current_span("request", kind=SpanKind.SERVER) as span:
            assert self.line()["trace_id"] == f"{span.get_span_context().trace_id:032x}"
        assert "trace_id" not in self.line()

    def test_name_none_that_is_not_taken(self, trace, monkeypatch):
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
        tracer = trace(InMemorySpanExporter(), SimpleSpanProcessor).begin().get_tracer("test")

        with tracer.start_as_current_span("request", kind=SpanKind.SERVER):
            assert "trace_id" not in self.line()


class TestCollectors:
    """Whatever the collector does, pages are answered as without it."""

    REQUESTS = 60

    @pytest.mark.parametrize("manner", ["hang", "drip", "close", "garbage", 500, 429])
    def test_that_misbehave_hold_nobody_up(self, client, trace, settings, monkeypatch, manner):
        for name, value in {"MAX_QUEUE_SIZE": 32, "MAX_EXPORT_BATCH_SIZE": 8, "SCHEDULE_DELAY": 50}.items():
            monkeypatch.setenv(f"OTEL_BSP_{name}", str(value))
        monkeypatch.setattr(traces, "SECONDS_TO_EXPORT", 12)
        monkeypatch.setattr(traces, "SECONDS_TO_END", 2)
        with receiver(usually=manner) as collector:
            settings.TRACES_ENDPOINT = collector.url
            tracing = trace()
            client.get("/verify/")
            longest = max(self._seconds(client) for _turn in range(self.REQUESTS))
            until(lambda: collector.received)
            began = monotonic()
            tracing.end()

            # Less than an attempt takes, so nobody waited for one, however much else the machine has to do.
            assert longest < 10
            assert monotonic() - began < 10

    def test_that_are_not_there_hold_nobody_up(self, client, trace, settings, monkeypatch):
        settings.TRACES_ENDPOINT = "http://127.0.0.1:1"
        monkeypatch.setattr(traces, "SECONDS_TO_EXPORT", 12)
        trace()

        assert max(self._seconds(client) for _turn in range(self.REQUESTS)) < traces.SECONDS_TO_EXPORT

    def test_settings_that_cannot_be_cost_the_traces_alone(self, client, trace, settings, monkeypatch, caplog):
        monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
        settings.TRACES_ENDPOINT = "http://127.0.0.1:1"
        trace()

        self._seconds(client)
        assert "There are no traces of this process" in caplog.text

    def _seconds(self, client) -> float:
        began = monotonic()
        assert client.get("/verify/").status_code == 200
        return monotonic() - began


class TestSwitch:
    @pytest.mark.filterwarnings("ignore:.*found in sys.modules")
    def test_is_off_until_a_collector_is_named(self, monkeypatch):
        monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
        assert MIDDLEWARE not in runpy.run_module("dashu.settings.base")["MIDDLEWARE"]

        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
        first, second, *_others = runpy.run_module("dashu.settings.base")["MIDDLEWARE"]
        assert (first, second) == ("dashu.operations.metrics.requests.AnswerMetrics", MIDDLEWARE)


def exported(collector: Receiver) -> list[Any]:
    """Return what a collector was sent, read by the protocol's own messages."""
    found = []
    for request in list(collector.received):
        assert (request.path, request.headers["content-type"]) == ("/hooks/v1/traces", "application/x-protobuf")
        for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
            found += [span for scope in resource.scope_spans for span in scope.spans]
    return found


class TestWholeWay:
    """Real processes of web and worker, forked from one that has read the code, and a real collector."""

    @pytest.fixture
    def danas_loan(self, dana):
        amina = factories.borrower("Amina-Wei")
        return factories.running_loan(amina, brought_by=dana, starts_on=lender_today() - timedelta(days=40))

    def test_a_payment_is_one_trace_from_the_call_to_the_receipt(
        self, dana, danas_loan, empty_broker, tmp_path, monkeypatch
    ):
        token = program_of(dana).token
        order = Order(danas_loan.number, "REFERENCE-OF-HERS", 1100_16, lender_today())
        with receiver() as collector:
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20word")
            monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
            with (
                web_server(tmp_path, workers=2) as (_web, port),
                running(worker(tmp_path, queues="default,collections,messages")),
            ):
                self._call(port, "POST", order.path, order.body(), headers_of(order, token), expected=201)
                self._call(port, "GET", f"/sign/{KEY}/?q=Amina-Wei", None, {"Cookie": "c=COOKIE-OF-HERS"}, expected=404)
                until(lambda: {"run repayments.tasks.send_receipt", f"GET {SIGN}"} <= names(exported(collector)))

        spans = exported(collector)
        [call] = [span for span in spans if span.name == PAY]
        of_payment = [span for span in spans if span.trace_id == call.trace_id]
        assert {"run dashu.events.react", "run repayments.tasks.send_receipt", "WITH repayments_loanevent"} <= names(
            of_payment
        )
        by_id = {span.span_id: span for span in of_payment}
        assert [span.name for span in of_payment if span.parent_span_id not in by_id] == [call.name]
        assert OutboxMessage.objects.exists()
        assert {each.headers["authorization"] for each in collector.received} == {"Bearer word"}
        sent = b"".join(each.body for each in collector.received)
        secret = [*HERS, "amina-wei@", token, danas_loan.number, order.reference, "key-of-", "1100.16", "127.0.0.1"]
        assert [word for word in secret if word.encode() in sent] == []

    def test_what_waits_is_sent_when_a_process_ends(self, dana, danas_loan, empty_broker, tmp_path, monkeypatch):
        order = Order(danas_loan.number, "REFERENCE-OF-HERS", 1100_16, lender_today())
        headers = headers_of(order, program_of(dana).token)
        with receiver() as collector:
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
            monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
            with (
                web_server(tmp_path, workers=1) as (web, port),
                running(worker(tmp_path, queues="default,collections,messages")) as jobs,
            ):
                self._call(port, "POST", order.path, order.body(), headers, expected=201)
                until(lambda: OutboxMessage.objects.filter(template="repayments.receipt").exists())
                assert exported(collector) == []
                for part in (web, jobs):
                    part.children()[0].parent().terminate()
                until(lambda: {PAY, "run dashu.events.react"} <= names(exported(collector)))

    def _call(self, port: int, method: str, path: str, body: str | None, headers: dict, *, expected: int) -> None:
        caller = HTTPConnection("127.0.0.1", port, timeout=60)
        caller.request(method, path, body, headers)
        assert caller.getresponse().status == expected
        caller.close()


PAY = "POST api/v1/loans/<str:number>/payments"
SIGN = r"^sign/(?P<token>[0-9a-f]{48})/$"


def names(spans: list[Any]) -> set[str]:
    return {span.name for span in spans}
