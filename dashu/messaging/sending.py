"""
Sending what is due.

Workers claim rows by status with SKIP LOCKED, so two of them never send one message. The claim commits before the
network is used. A worker that dies leaves its rows claimed; they return to the queue after `CLAIM_LASTS`, and carry the
same idempotency key the second time. E-mail and text messages go out in the contact hours only; when the rule that says
so cannot be read, they wait.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import connection

from dashu.kernel.dates import LENDER_ZONE
from dashu.kernel.errors import DomainError
from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import render
from dashu.messaging.transports import NotDelivered, carry, transport_of
from dashu.policy.contact_hours import ContactHours
from dashu.policy.rules import contact_hours
from dashu.policy.selectors import PolicyRuleMissing

logger = logging.getLogger(__name__)

Channel, Status = OutboxMessage.Channel, OutboxMessage.Status
CONTACT_CHANNELS = [Channel.EMAIL, Channel.SMS]
MAX_ATTEMPTS = 6
CLAIM_LASTS = timedelta(minutes=15)
# 30 messages that each run into their time limits take 8 minutes, well inside the claim.
IN_APP_BATCH, CONTACT_BATCH = 1000, 30


def send_due(*, clock: Callable[[], datetime], until: datetime) -> Counter[str]:
    """
    Send the messages that are due, until there are none left or the moment `until` has come.

    :param clock: gives the present moment; it is asked again before every contact.
    :returns: how many messages reached each status.
    """
    counts: Counter[str] = Counter()
    _take_back_abandoned(clock())
    while clock() < until:
        in_app = _send_batch(_claim([Channel.IN_APP], IN_APP_BATCH, clock()), None, clock, counts)
        hours = _contact_hours_or_postpone(clock())
        contacts = hours and _send_batch(_claim(CONTACT_CHANNELS, CONTACT_BATCH, clock()), hours, clock, counts)
        if not in_app and not contacts:
            break
    return counts


def _send_batch(
    messages: list[OutboxMessage], hours: ContactHours | None, clock: Callable[[], datetime], counts: Counter[str]
) -> int:
    """Send claimed messages, each within `hours` where there are any, and return how many there were."""
    kept = []
    for message in messages:
        if hours and not hours.allows(clock()):
            _store(message, Status.PENDING, not_before=hours.next_allowed(clock()), attempts=message.attempts - 1)
            continue
        sent = _deliver(message, clock())
        counts[message.status] += 1
        if sent and transport_of(message.channel) == "database":
            kept.append(message)
        elif sent:
            # Out of the house: noted at once, so that a worker that dies now sends no second one.
            _store_sent([message])
    _store_sent(kept)
    return len(messages)


def _deliver(message: OutboxMessage, now: datetime) -> bool:
    """Render and carry one claimed message. A failure is stored at once; success is left to the caller to store."""
    try:
        text = render(message.template, message.params, message.language)
        reference = carry(message, text)
    except DomainError as error:
        _store(message, Status.FAILED, error=f"{error.code}: {error}")
        return False
    except NotDelivered as error:
        if error.can_heal and message.attempts < MAX_ATTEMPTS:
            later = now + timedelta(minutes=2**message.attempts)
            _store(message, Status.PENDING, error=str(error), not_before=later)
        else:
            _store(message, Status.FAILED, error=str(error))
        return False
    except Exception as error:
        # One row that breaks our own code must not keep the others of its batch from being sent.
        logger.exception("message %s could not be sent", message.pk)
        _store(message, Status.FAILED, error=f"unexpected: {type(error).__name__}")
        return False
    message.status, message.sent_at, message.provider_reference = Status.SENT, now, reference
    message.subject, message.body = text.subject, text.body
    return True


def _claim(channels: Sequence[str], limit: int, now: datetime) -> list[OutboxMessage]:
    """Take up to `limit` due messages for this worker; another worker skips them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE messaging_outboxmessage AS message
            SET status = 'SENDING', claimed_at = %s, attempts = attempts + 1
            FROM (
                SELECT id FROM messaging_outboxmessage
                WHERE status = 'PENDING' AND not_before <= %s AND channel = ANY(%s)
                ORDER BY not_before, id LIMIT %s FOR UPDATE SKIP LOCKED
            ) AS due
            WHERE message.id = due.id RETURNING message.id
            """,
            [now, now, [str(channel) for channel in channels], limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(OutboxMessage.objects.filter(pk__in=ids).select_related("borrower").order_by("not_before", "pk"))


def _take_back_abandoned(now: datetime) -> None:
    abandoned = OutboxMessage.objects.filter(status=Status.SENDING, claimed_at__lt=now - CLAIM_LASTS)
    count = abandoned.update(status=Status.PENDING, error="the worker that was sending it stopped")
    if count:
        logger.warning("%s messages were claimed by a worker that stopped; they are sent again", count)


def _contact_hours_or_postpone(now: datetime) -> ContactHours | None:
    """Return the contact hours when contact is allowed now; else postpone what is due and return None."""
    try:
        hours = contact_hours(now.astimezone(LENDER_ZONE).date())
    except PolicyRuleMissing as error:
        _postpone(now, now + timedelta(hours=1), str(error))
        return None
    if hours.allows(now):
        return hours
    _postpone(now, hours.next_allowed(now), "")
    return None


def _postpone(now: datetime, until: datetime, reason: str) -> None:
    due = OutboxMessage.objects.filter(status=Status.PENDING, not_before__lte=now, channel__in=CONTACT_CHANNELS)
    due.update(not_before=until, error=reason)


def _store(message: OutboxMessage, status: str, **fields: object) -> None:
    """Write the outcome, unless the claim was taken back meanwhile and another worker has the message."""
    message.status = status
    mine = OutboxMessage.objects.filter(pk=message.pk, status=Status.SENDING, attempts=message.attempts)
    mine.update(status=status, **fields)


def _store_sent(messages: list[OutboxMessage]) -> None:
    """Write many outcomes in one statement."""
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE messaging_outboxmessage AS message
            SET status = 'SENT', sent_at = sent.at, subject = sent.subject, body = sent.body,
                provider_reference = sent.reference, error = ''
            FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
                AS sent (id, attempts, at, subject, body, reference)
            WHERE message.id = sent.id AND message.status = 'SENDING' AND message.attempts = sent.attempts
            """,
            [
                [message.pk for message in messages],
                [message.attempts for message in messages],
                [message.sent_at for message in messages],
                [message.subject for message in messages],
                [message.body for message in messages],
                [message.provider_reference for message in messages],
            ],
        )
