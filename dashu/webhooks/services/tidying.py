"""Letting go of what is older than the 90 days for which events are kept."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from dashu.webhooks.models import WebhookDelivery, WebhookEndpoint

KEPT_FOR = timedelta(days=90)
BATCH = 5_000


def tidy_events(*, now: datetime) -> int:
    """
    Delete old events with their deliveries, and endpoints that were deleted and have none left.

    Where a feed begins from then on is kept, so that a cursor that missed something is told so.

    :returns: how many events there were.
    """
    count = 0
    while deleted := _delete_batch(now - KEPT_FOR):
        count += deleted
    gone = WebhookEndpoint.objects.exclude(deleted_at=None)
    gone.exclude(pk__in=WebhookDelivery.objects.values("endpoint")).delete()
    return count


@transaction.atomic
def _delete_batch(before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH old AS MATERIALIZED (
                SELECT id, partner_id, position FROM webhooks_partnerevent
                WHERE happened_at < %s AND position IS NOT NULL
                ORDER BY happened_at LIMIT %s FOR UPDATE SKIP LOCKED
            ), starts AS (
                INSERT INTO webhooks_feedstart AS start (partner_id, deleted_through)
                SELECT partner_id, max(position) FROM old GROUP BY partner_id
                ON CONFLICT (partner_id) DO UPDATE
                SET deleted_through = GREATEST(start.deleted_through, excluded.deleted_through)
            ), tries AS (
                DELETE FROM webhooks_webhookattempt AS attempt USING webhooks_webhookdelivery AS delivery, old
                WHERE attempt.delivery_id = delivery.id AND delivery.event_id = old.id
            ), deliveries AS (
                DELETE FROM webhooks_webhookdelivery AS delivery USING old WHERE delivery.event_id = old.id
            )
            DELETE FROM webhooks_partnerevent AS event USING old WHERE event.id = old.id
            """,
            [before, BATCH],
        )
        return int(cursor.rowcount)
