"""
The order of the feed.

Ids are given when a row is written, but rows are seen when they are committed: a reader who has seen id 7 may find 6
later. So each event gets its position once it is committed, by one writer at a time who holds a lock to its own commit.
Positions rise in the order of these commits, and whoever has seen one never misses a smaller one. Of one subject they
rise as things happened, since its writers wait for one another at the row of the loan or application.

In the same statement every endpoint that wants an event gets a delivery of it, so none is forgotten.
"""

from django.db import connection, transaction

_LOCK = 4_711_021
MOST = 2_000

_PLACE = """
WITH placed AS (
    UPDATE webhooks_partnerevent AS event SET position = next.position
    FROM (
        SELECT waiting.id, GREATEST(
            (SELECT max(position) FROM webhooks_partnerevent AS earlier WHERE earlier.partner_id = waiting.partner_id),
            (SELECT deleted_through FROM webhooks_feedstart AS start WHERE start.partner_id = waiting.partner_id),
            0
        ) + row_number() OVER (PARTITION BY waiting.partner_id ORDER BY waiting.id) AS position
        FROM (
            SELECT id, partner_id FROM webhooks_partnerevent WHERE position IS NULL ORDER BY id LIMIT %(most)s
        ) AS waiting
    ) AS next
    WHERE event.id = next.id
    RETURNING event.id, event.partner_id, event.type, event.subject, event.happened_at
), queued AS (
    INSERT INTO webhooks_webhookdelivery (event_id, endpoint_id, next_at)
    SELECT placed.id, endpoint.id, placed.happened_at
    FROM placed JOIN webhooks_webhookendpoint AS endpoint ON endpoint.partner_id = placed.partner_id
    WHERE endpoint.status = 'ENABLED' AND endpoint.deleted_at IS NULL
      AND CASE WHEN placed.type = 'webhook.test' THEN placed.subject = endpoint.key::text
               ELSE cardinality(endpoint.types) = 0 OR placed.type = ANY(endpoint.types) END
    ORDER BY placed.id
)
SELECT count(*) FROM placed
"""


def place_events() -> int:
    """Give a position to every committed event that has none, and queue its deliveries; return how many there were."""
    count = 0
    while _is_one_waiting():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            cursor.execute(_PLACE, {"most": MOST})
            placed = int(cursor.fetchone()[0])
        count += placed
        if placed < MOST:
            break
    return count


def _is_one_waiting() -> bool:
    """Nearly always there is nothing to place, and then nobody waits for the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM webhooks_partnerevent WHERE position IS NULL)")
        return bool(cursor.fetchone()[0])
