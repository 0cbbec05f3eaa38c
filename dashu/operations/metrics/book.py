"""Nights, books, messages, webhooks, audit log: how they stand. One cheap query or two for each."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Count, Max, Min
from django_celery_beat.models import PeriodicTask

from collections_mgmt.models import CloseRange
from dashu.alerts.models import Alert
from dashu.audit import chain
from dashu.messaging.models import OutboxMessage
from dashu.operations.business import latest_close, owed_dates
from dashu.operations.metrics.figures import Reading
from dashu.webhooks.models import WebhookDelivery, WebhookEndpoint
from repayments.models import ReconciliationDay


def read_close(now: datetime) -> Iterator[Reading]:
    """:param now: in the lender's time zone."""
    latest = latest_close()
    yield Reading("dashu_close_owed_dates", owed_dates(latest, now))
    if latest and latest.ended_at:
        yield Reading("dashu_close_ended_timestamp_seconds", latest.ended_at.timestamp())
    left_out = CloseRange.objects.filter(status=CloseRange.Status.QUARANTINED)
    yield Reading("dashu_close_left_out_loans", left_out.values("first_loan_id").distinct().count())


def read_reconciliation() -> Iterator[Reading]:
    day = ReconciliationDay.objects.order_by("-on").first()
    if day is not None:
        yield Reading("dashu_reconciliation_differences", day.differences)
        yield Reading("dashu_reconciliation_unbalanced", len(day.unbalanced))
        yield Reading("dashu_reconciliation_ran_timestamp_seconds", day.ran_at.timestamp())


def read_outbox(now: datetime) -> Iterator[Reading]:
    status = OutboxMessage.Status
    due = OutboxMessage.objects.filter(status=status.PENDING, not_before__lt=now)
    found = due.aggregate(count=Count("pk"), since=Min("not_before"))
    yield Reading("dashu_outbox_due_messages", found["count"])
    yield Reading("dashu_outbox_oldest_due_seconds", _age(found["since"], now))
    yield Reading("dashu_outbox_failed_messages", OutboxMessage.objects.filter(status=status.FAILED).count())


def read_webhooks(now: datetime) -> Iterator[Reading]:
    """Count what is due at endpoints that take something; those that are paused wait on purpose."""
    status = WebhookDelivery.Status
    served = WebhookEndpoint.objects.filter(deleted_at=None)
    due = WebhookDelivery.objects.filter(status=status.PENDING, next_at__lt=now, endpoint__in=served)
    found = due.exclude(endpoint__paused_until__gt=now).aggregate(count=Count("pk"), since=Min("next_at"))
    yield Reading("dashu_webhook_due_deliveries", found["count"])
    yield Reading("dashu_webhook_oldest_due_seconds", _age(found["since"], now))
    yield Reading("dashu_webhook_failing_endpoints", served.filter(failing_since__isnull=False).count())
    yield Reading("dashu_webhook_given_up_deliveries", WebhookDelivery.objects.filter(status=status.DEAD).count())


def read_audit(now: datetime) -> Iterator[Reading]:
    with connection.cursor() as cursor:
        cursor.execute(_UNLINKED)
        [since] = cursor.fetchone()
    yield Reading("dashu_audit_links", chain.chain_head().number)
    yield Reading("dashu_audit_oldest_unlinked_seconds", _age(since, now))
    is_broken = Alert.objects.filter(kind="audit.chain_broken", ended_at=None).exists()
    yield Reading("dashu_audit_chain_broken", is_broken)


# Those after the last one that has a link; one that committed late among others is found by `verify_audit`.
_UNLINKED = """
SELECT MIN(at) FROM audit_auditrecord WHERE id > (SELECT COALESCE(MAX(record_id), 0) FROM audit_auditlink)
"""


def read_alerts() -> Iterator[Reading]:
    for kind, count in Alert.objects.filter(ended_at=None).order_by("kind").values_list("kind").annotate(Count("pk")):
        yield Reading("dashu_alerts_open", count, (kind,))


def read_clock() -> Iterator[Reading]:
    if ticked := PeriodicTask.objects.filter(enabled=True).aggregate(latest=Max("last_run_at"))["latest"]:
        yield Reading("dashu_beat_ticked_timestamp_seconds", ticked.timestamp())


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
