"""
What the installation does, as Prometheus reads it: the state of the book at the moment of asking, and how requests
went.

The state is read from the database and the broker each time, so every web host says the same of it. How requests went
is counted by each process; where `PROMETHEUS_MULTIPROC_DIR` names a folder, the processes of a host are summed up.
"""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import redis
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from collections_mgmt.models import CloseRange, CloseRun
from dashu.alerts.models import Alert
from dashu.events import QUEUES
from dashu.kernel.dates import lender_now
from dashu.messaging.models import OutboxMessage
from dashu.operations.business import STAFF_COME_HOUR
from dashu.operations.queues import seconds_since_taken
from dashu.webhooks.models import WebhookDelivery
from loans.models import Loan
from repayments.models import ReconciliationDay

SIGN_INS_WITHIN = timedelta(minutes=15)
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
REQUESTS = Histogram(
    "dashu_http_seconds",
    "How long requests took, by the name of their page",
    ["method", "route", "status"],
    buckets=BUCKETS,
)

Sample = tuple[dict[str, str], float]


class MeasureRequests:
    """Outermost, so that all of a request is measured. Pages go by their names: an address could be a key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        answer = self.get_response(request)
        match = request.resolver_match
        route = match.view_name if match and match.view_name else "none"
        method = request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"
        REQUESTS.labels(method, route, str(answer.status_code)).observe(time.perf_counter() - began)
        return answer


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer whoever shows the token; to everybody else there is no such page."""
    token, given = settings.METRICS_TOKEN, request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not secrets.compare_digest(given.encode(), token.encode()):
        raise Http404
    state = CollectorRegistry()
    state.register(BookCollector())
    return HttpResponse(generate_latest(state) + generate_latest(_of_requests()), content_type=CONTENT_TYPE_LATEST)


def _of_requests() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


class BookCollector(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (help_text, labels, read) in GAUGES.items():
            family = GaugeMetricFamily(name, help_text, labels=labels)
            for values, number in read():
                family.add_metric([values[label] for label in labels], number)
            yield family


def _one(number: float | None) -> list[Sample]:
    return [] if number is None else [({}, float(number))]


def _close_owed_days() -> Iterable[Sample]:
    """None before the first loan: nothing is owed then."""
    if not Loan.objects.exclude(status__in=Loan.NOT_PAID_OUT).exists():
        return _one(0)
    latest = CloseRun.objects.filter(status=CloseRun.Status.CLOSED).order_by("-business_date").first()
    now = lender_now()
    owed = now.date() - timedelta(days=1 if now.hour >= STAFF_COME_HOUR else 2)
    return _one(max(0, (owed - latest.business_date).days) if latest else 1)


def _close_left_out() -> Iterable[Sample]:
    return _one(
        CloseRange.objects.filter(status=CloseRange.Status.QUARANTINED).values("first_loan_id").distinct().count()
    )


def _books_that_differ() -> Iterable[Sample]:
    day = ReconciliationDay.objects.order_by("-on").first()
    return _one(0 if day is None else day.differences + len(day.unbalanced or ()))


def _books_age() -> Iterable[Sample]:
    day = ReconciliationDay.objects.order_by("-on").first()
    return _one(None if day is None else (lender_now().date() - day.on).days)


def _queue_length() -> Iterable[Sample]:
    try:
        with redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            return [({"queue": queue}, float(client.llen(queue))) for queue in QUEUES]
    except redis.RedisError:
        return []


def _queue_untaken() -> Iterable[Sample]:
    return [({"queue": queue}, seconds) for queue, seconds in seconds_since_taken().items()]


def _broker_answers() -> Iterable[Sample]:
    return _one(1 if list(_queue_length()) else 0)


def _outbox_due() -> Iterable[Sample]:
    due = OutboxMessage.objects.filter(status=OutboxMessage.Status.PENDING, not_before__lte=lender_now())
    return _one(due.count())


def _outbox_oldest() -> Iterable[Sample]:
    now = lender_now()
    due = OutboxMessage.objects.filter(status=OutboxMessage.Status.PENDING, not_before__lte=now)
    since = due.aggregate(since=Min("not_before"))["since"]
    return _one((now - since).total_seconds() if since else 0)


def _webhooks_given_up() -> Iterable[Sample]:
    return _one(WebhookDelivery.objects.filter(status=WebhookDelivery.Status.DEAD).count())


def _failed_sign_ins() -> Iterable[Sample]:
    lately = AccessAttempt.objects.filter(attempt_time__gte=lender_now() - SIGN_INS_WITHIN)
    return _one(lately.aggregate(count=Sum("failures_since_start"))["count"] or 0)


def _alerts_open() -> Iterable[Sample]:
    found = Alert.objects.filter(ended_at=None).values_list("kind").annotate(Count("pk")).order_by("kind")
    return [({"kind": kind}, count) for kind, count in found]


def _audit_unlinked_seconds() -> Iterable[Sample]:
    with connection.cursor() as cursor:
        cursor.execute(_UNLINKED)
        return _one(cursor.fetchone()[0])


# The newest records are enough: they are linked in their order.
_UNLINKED = """
SELECT GREATEST(0, EXTRACT(EPOCH FROM clock_timestamp() - MIN(record.at)))::float
FROM (SELECT id, at FROM audit_auditrecord ORDER BY id DESC LIMIT 10000) AS record
WHERE NOT EXISTS (SELECT FROM audit_auditlink AS link WHERE link.record_id = record.id)
"""


def _connections() -> Iterable[Sample]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity")
        used, most = cursor.fetchone()
    return _one(used / most)


def _disk_free() -> Iterable[Sample]:
    usage = shutil.disk_usage(settings.DASHU_HOME)
    return _one(usage.free / usage.total)


Read = Callable[[], Iterable[Sample]]
# By name: what it means, its labels, and how it is read. docs/operations/monitoring.md has the same list.
GAUGES: dict[str, tuple[str, list[str], Read]] = {
    "dashu_close_owed_days": ("Dates whose nightly close should be done and is not", [], _close_owed_days),
    "dashu_close_left_out_loans": ("Loans that a night left out", [], _close_left_out),
    "dashu_books_differ": ("Loans and currencies that did not reconcile the last time", [], _books_that_differ),
    "dashu_books_age_days": ("Days since the books were reconciled", [], _books_age),
    "dashu_broker_up": ("1 where the broker answers", [], _broker_answers),
    "dashu_queue_length": ("Jobs that wait in a queue", ["queue"], _queue_length),
    "dashu_queue_untaken_seconds": ("Seconds since a worker last took a job of a queue", ["queue"], _queue_untaken),
    "dashu_outbox_due": ("Messages that should have left", [], _outbox_due),
    "dashu_outbox_oldest_seconds": ("For how long the oldest of them waits", [], _outbox_oldest),
    "dashu_webhooks_given_up": ("Deliveries to partners that were given up", [], _webhooks_given_up),
    "dashu_sign_ins_failed": ("Wrong sign-ins of the last 15 minutes", [], _failed_sign_ins),
    "dashu_alerts_open": ("Open alerts by their kind", ["kind"], _alerts_open),
    "dashu_audit_unlinked_seconds": ("Age of the oldest record that the chain lacks", [], _audit_unlinked_seconds),
    "dashu_database_connections_ratio": ("Part of the database's connections that is taken", [], _connections),
    "dashu_disk_free_ratio": ("Part of the home's disk that is free", [], _disk_free),
}
