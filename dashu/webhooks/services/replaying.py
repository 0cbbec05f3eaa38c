"""Sending again what was sent, given up or missed. It keeps its id, so a receiver knows what it has already."""

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.webhooks.models import WebhookDelivery, WebhookEndpoint
from dashu.webhooks.services.endpoints import lock_endpoint, refuse_unless_enabled
from dashu.webhooks.services.positions import place_events

Status = WebhookDelivery.Status


class DeliveryNotFound(DomainError):
    """There is no such webhook delivery, or it is somebody else's."""

    code = "webhook_delivery_not_found"
    http_status = 404


@transaction.atomic
def replay_delivery(*, delivery_id: int, now: datetime, actor: str) -> WebhookDelivery:
    """
    Queue a delivery once more, with all its tries; one that waits is only made due at once.

    :raises DeliveryNotFound, EndpointNotFound, EndpointNotEnabled: see there.
    """
    endpoint_id = WebhookDelivery.objects.filter(pk=delivery_id).values_list("endpoint", flat=True).first()
    if endpoint_id is None:
        raise DeliveryNotFound(_("There is no such delivery."), field="delivery")
    endpoint = lock_endpoint(endpoint_id)
    refuse_unless_enabled(endpoint)
    WebhookDelivery.objects.filter(pk=delivery_id).update(status=Status.PENDING, attempts=0, next_at=now, ended_at=None)
    _witness(endpoint, actor, delivery=delivery_id)
    return WebhookDelivery.objects.select_related("event", "endpoint").get(pk=delivery_id)


@transaction.atomic
def replay_dead(*, endpoint_id: int, now: datetime, actor: str) -> int:
    """
    Queue every delivery of an endpoint that was given up; return how many.

    :raises EndpointNotFound, EndpointNotEnabled: see there.
    """
    endpoint = lock_endpoint(endpoint_id)
    refuse_unless_enabled(endpoint)
    dead = WebhookDelivery.objects.filter(endpoint=endpoint, status=Status.DEAD)
    count = dead.update(status=Status.PENDING, attempts=0, next_at=now, ended_at=None)
    _witness(endpoint, actor, dead=count)
    return count


@transaction.atomic
def replay_since(*, endpoint_id: int, since: datetime, now: datetime, actor: str) -> int:
    """
    Queue every event since a moment that the endpoint wants, whether it was sent before or never; return how many.

    :raises EndpointNotFound, EndpointNotEnabled: see there.
    """
    endpoint = lock_endpoint(endpoint_id)
    refuse_unless_enabled(endpoint)
    place_events()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO webhooks_webhookdelivery AS delivery (event_id, endpoint_id, next_at)
            SELECT event.id, endpoint.id, %(now)s
            FROM webhooks_webhookendpoint AS endpoint JOIN webhooks_partnerevent AS event
                ON event.partner_id = endpoint.partner_id AND event.happened_at >= %(since)s
               AND event.position IS NOT NULL AND event.type <> 'webhook.test'
               AND (cardinality(endpoint.types) = 0 OR event.type = ANY(endpoint.types))
            WHERE endpoint.id = %(endpoint)s
            ORDER BY event.position
            ON CONFLICT (endpoint_id, event_id) DO UPDATE
            SET status = 'PENDING', attempts = 0, next_at = excluded.next_at, ended_at = NULL
            """,
            {"now": now, "since": since, "endpoint": endpoint.pk},
        )
        count = int(cursor.rowcount)
    _witness(endpoint, actor, since=since, queued=count)
    return count


def _witness(endpoint: WebhookEndpoint, actor: str, **data: object) -> None:
    audit.record(
        action="webhooks.replayed",
        subject_type="webhook_endpoint",
        subject_id=endpoint.key,
        actor=actor,
        data=data,
    )
    events.publish("webhooks.event_recorded")
