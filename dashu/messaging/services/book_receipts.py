"""
Note what a provider tells of messages: delivered, failed, complained about, or that the borrower wants no more.

An event counts once, whatever its order: a message keeps the weightiest that was told, and the state of an address is
counted anew from all events about it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from dashu.messaging.delivery import Receipt
from dashu.messaging.models import DeliveryReceipt, OptOut, OutboxMessage
from dashu.messaging.services.opt_out import STOPPABLE, stop_messages

Kind, Status = DeliveryReceipt.Kind, OutboxMessage.Status
FAILURES_UNTIL_INVALID = 3
_WEIGHTS = {"": 0, Kind.FAILED: 1, Kind.DELIVERED: 2, Kind.BOUNCED: 3, Kind.COMPLAINED: 4}


@transaction.atomic
def book_receipts(receipts: Sequence[Receipt], *, provider: str, now: datetime) -> Counter[str]:
    """
    Apply the events that are new, and return how many were "new", "known" and of "unknown" messages.

    Messages are locked first, then the addresses, each in the order of their ids.
    """
    counts: Counter[str] = Counter()
    messages = _locked(receipt.key for receipt in receipts)
    ours = [receipt for receipt in receipts if receipt.key in messages]
    counts["unknown"] = len(receipts) - len(ours)
    new = _written(ours, messages, provider)
    counts["new"], counts["known"] = len(new), len(ours) - len(new)
    for receipt in sorted(new, key=lambda receipt: receipt.occurred_at):
        message = messages[receipt.key]
        _apply(message, receipt)
        # Who complains is told on this channel only what the contract asks for.
        if receipt.kind in (Kind.COMPLAINED, Kind.OPTED_OUT) and message.address_key:
            for purpose in STOPPABLE:
                stop_messages(
                    borrower_id=message.borrower_id,
                    channel=message.channel,
                    purpose=purpose,
                    source=OptOut.Source.PROVIDER,
                    at=receipt.occurred_at,
                    actor="system:receipts",
                )
    _recount_addresses({messages[receipt.key] for receipt in new if messages[receipt.key].address_key})
    return counts


def _locked(keys: Iterable[str]) -> dict[str, OutboxMessage]:
    ids = {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) <= 18}
    rows = OutboxMessage.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {str(message.pk): message for message in rows}


def _written(receipts: Sequence[Receipt], messages: dict[str, OutboxMessage], provider: str) -> list[Receipt]:
    """Write the events that are not known yet and return them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO messaging_deliveryreceipt (provider, event_id, message_id, kind, occurred_at)
            SELECT %s, event_id, message_id, kind, occurred_at
            FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::timestamptz[])
                AS told (event_id, message_id, kind, occurred_at)
            ON CONFLICT (provider, event_id) DO NOTHING
            RETURNING event_id
            """,
            [
                provider,
                [receipt.event_id for receipt in receipts],
                [messages[receipt.key].pk for receipt in receipts],
                [receipt.kind.value for receipt in receipts],
                [receipt.occurred_at for receipt in receipts],
            ],
        )
        new = {event_id for (event_id,) in cursor.fetchall()}
    # A callback may hold an event twice.
    return list({receipt.event_id: receipt for receipt in receipts if receipt.event_id in new}.values())


def _apply(message: OutboxMessage, receipt: Receipt) -> None:
    """
    Let the message say the weightiest event. One whose outcome was uncertain is with the provider, so it was sent.
    """
    changed: dict[str, Any] = {}
    if _WEIGHTS.get(receipt.kind, 0) > _WEIGHTS[message.delivery]:
        changed |= {"delivery": receipt.kind.value, "delivery_at": receipt.occurred_at}
    if message.is_uncertain and message.status != Status.SENT:
        changed |= {"status": Status.SENT, "sent_at": receipt.occurred_at, "is_uncertain": False, "error": ""}
    if changed:
        for name, value in changed.items():
            setattr(message, name, value)
        message.save(update_fields=list(changed))


def _recount_addresses(messages: Collection[OutboxMessage]) -> None:
    """Count anew, from everything that was told about them, how the addresses of these messages do."""
    points = sorted({(message.borrower_id, message.channel, message.address_key) for message in messages})
    if not points:
        return
    borrowers, channels, addresses = (list(column) for column in zip(*points, strict=True))
    with connection.cursor() as cursor:
        # Written first, so that two callbacks about one address wait for each other and the second one counts both.
        cursor.execute(
            """
            INSERT INTO messaging_contactpoint (borrower_id, channel, address_key)
            SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[])
            ON CONFLICT (borrower_id, channel, address_key) DO UPDATE SET address_key = EXCLUDED.address_key
            """,
            [borrowers, channels, addresses],
        )
        cursor.execute(
            """
            UPDATE messaging_contactpoint AS point
            SET delivered_at = told.delivered_at, failed_at = told.failed_at, failures = told.failures,
                invalid_since = CASE WHEN told.bounced OR told.failures >= %s THEN told.failed_at END
            FROM (
                SELECT asked.borrower_id, asked.channel, asked.address_key, arrived.at AS delivered_at,
                       max(receipt.occurred_at) FILTER (WHERE receipt.kind IN ('FAILED', 'BOUNCED')) AS failed_at,
                       count(*) FILTER (WHERE receipt.kind IN ('FAILED', 'BOUNCED') AND later.is_so) AS failures,
                       coalesce(bool_or(receipt.kind = 'BOUNCED' AND later.is_so), false) AS bounced
                FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS asked (borrower_id, channel, address_key)
                JOIN messaging_outboxmessage AS message
                    ON message.borrower_id = asked.borrower_id AND message.channel = asked.channel
                    AND message.address_key = asked.address_key
                JOIN messaging_deliveryreceipt AS receipt ON receipt.message_id = message.id
                CROSS JOIN LATERAL (
                    SELECT max(earlier.occurred_at) AS at
                    FROM messaging_outboxmessage AS other
                    JOIN messaging_deliveryreceipt AS earlier ON earlier.message_id = other.id
                    WHERE other.borrower_id = asked.borrower_id AND other.channel = asked.channel
                      AND other.address_key = asked.address_key AND earlier.kind = 'DELIVERED'
                ) AS arrived
                CROSS JOIN LATERAL (
                    SELECT receipt.occurred_at > coalesce(arrived.at, '-infinity') AS is_so
                ) AS later
                GROUP BY asked.borrower_id, asked.channel, asked.address_key, arrived.at
            ) AS told
            WHERE point.borrower_id = told.borrower_id AND point.channel = told.channel
              AND point.address_key = told.address_key
            """,
            [FAILURES_UNTIL_INVALID, borrowers, channels, addresses],
        )
