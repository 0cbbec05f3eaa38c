"""Writing to the outbox, in the transaction of what the message is about."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from dashu.messaging.models import OutboxMessage, Purpose
from dashu.messaging.templates import template_of


def enqueue(
    *,
    dedupe_key: str,
    borrower_id: int,
    template: str,
    params: Mapping[str, Any],
    channel: str = "IN_APP",
    not_before: datetime | None = None,
    loan_id: int | None = None,
    purpose: str = Purpose.SERVICE,
) -> bool:
    """
    Put a message into the outbox, in the borrower's language; return False when the key is already there.

    :param dedupe_key: says what is told to whom, such as "receipt:4711"; the same key is told once.
    :param params: the template's values; dates and decimals are stored as text.
    :param not_before: the earliest moment; e-mail and text messages also wait for the contact hours.
    :param purpose: what the contact guard judges it by when it is sent; what nothing stops is SERVICE.
    :raises UnknownTemplate: no template has this code.
    """
    template_of(template)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO messaging_outboxmessage
                (dedupe_key, borrower_id, loan_id, channel, purpose, template, params, language, not_before)
            VALUES (%s, %s, %s, %s, %s, %s, %s, (SELECT language FROM users_borrower WHERE id = %s),
                    coalesce(%s, now()))
            ON CONFLICT (dedupe_key) DO NOTHING
            """,
            [
                dedupe_key,
                borrower_id,
                loan_id,
                OutboxMessage.Channel(channel).value,
                Purpose(purpose).value,
                template,
                json.dumps(dict(params), cls=DjangoJSONEncoder),
                borrower_id,
                not_before,
            ],
        )
        return cursor.rowcount == 1


def cancel_waiting(*, loan_id: int, templates: Iterable[str]) -> int:
    """Cancel a loan's waiting messages, such as reminders of what has just been paid, and return how many."""
    waiting = OutboxMessage.objects.filter(
        loan_id=loan_id, template__in=list(templates), status=OutboxMessage.Status.PENDING
    )
    return waiting.update(status=OutboxMessage.Status.CANCELLED)
