"""
A provider of e-mail and text messages that reaches nobody, for demonstrations and tests.

It takes every message; some seconds later a worker tells what became of it, as the address says: those that end in
0002 do not exist, in 0003 cannot be reached at present, in 0004 complain, in 0005 answer that they want no more. Its
reference follows from the key, so handing a message over twice is the same as once.
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from standardwebhooks.webhooks import Webhook

from dashu.celery import app
from dashu.messaging.delivery import NotDelivered, address_of, idempotency_key
from dashu.messaging.models import DeliveryReceipt, OutboxMessage
from dashu.messaging.templates import Rendered

Kind = DeliveryReceipt.Kind
ANSWER_SECONDS = 3
FATES = {"0002": Kind.BOUNCED, "0003": Kind.FAILED, "0004": Kind.COMPLAINED, "0005": Kind.OPTED_OUT}


def carry(message: OutboxMessage, text: Rendered) -> str:
    address = address_of(message)
    if not address:
        raise NotDelivered("the borrower has no address on this channel", can_heal=False)
    kind = FATES.get(address.partition("@")[0][-4:], Kind.DELIVERED)
    facts = {"key": idempotency_key(message), "kind": kind.value}
    try:
        app.send_task(
            "dashu.messaging.tasks.tell_simulated_receipt", kwargs=facts, countdown=ANSWER_SECONDS, retry=False
        )
    except (OperationalError, RedisError, OSError) as error:
        raise NotDelivered(f"the broker is down: {type(error).__name__}", can_heal=True) from error
    return f"sim-{idempotency_key(message)}"


def find(message: OutboxMessage) -> str | None:
    """It has no memory; taking a message a second time changes nothing."""
    return None


def signed(events: Sequence[Mapping[str, Any]], *, now: datetime | None = None) -> tuple[str, dict[str, str]]:
    """Return the body and the headers of a callback with these events, as this provider would send them."""
    now = (now or datetime.now(UTC)).astimezone(UTC)
    body = json.dumps({"events": list(events)})
    callback_id = f"cb_{sha256(body.encode()).hexdigest()[:20]}"
    return body, {
        "webhook-id": callback_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook().sign(callback_id, now, body),
    }


def event(key: str, kind: str, *, occurred_at: datetime, event_id: str = "") -> dict[str, str]:
    """Return an event as it stands in a callback. Its id follows from the message and what happened."""
    return {
        "event_id": event_id or f"evt_{key}_{kind}",
        "key": key,
        "kind": kind,
        "occurred_at": occurred_at.isoformat(),
    }


def webhook() -> Webhook:
    given = settings.MESSAGING["CALLBACK_SECRET"].encode()
    secret = given or hmac.new(settings.SECRET_KEY.encode(), b"message provider callbacks", sha256).digest()
    return Webhook(b64encode(secret).decode())
