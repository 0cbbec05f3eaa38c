"""
Reading what a provider tells.

Callbacks are signed as the Standard Webhooks specification says. A body holds events: `{"events": [{"event_id", "key",
"kind", "occurred_at"}]}`, where `key` is the idempotency key of the message and `kind` one of DELIVERED, BOUNCED (the
address does not exist), FAILED (not this time), COMPLAINED and OPTED_OUT. A provider that speaks otherwise needs an
adapter that turns its events into `Receipt`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from standardwebhooks.webhooks import WebhookVerificationError

from dashu.kernel.errors import DomainError
from dashu.messaging.delivery import Receipt
from dashu.messaging.models import DeliveryReceipt
from dashu.messaging.simulated import webhook

MOST_EVENTS = 1000


class ReceiptRefused(DomainError):
    """A callback is not signed by the provider, or says nothing that can be understood."""

    code = "receipt_refused"
    http_status = 400


def read_receipts(body: str, headers: Mapping[str, str]) -> list[Receipt]:
    """
    Return the events of a callback.

    :param headers: with names in lower case.
    :raises ReceiptRefused: nothing of it is taken.
    """
    try:
        told = webhook().verify(body, dict(headers))
    except (WebhookVerificationError, ValueError, KeyError) as error:
        raise ReceiptRefused(_("The callback is not signed by the provider.")) from error
    try:
        events = told["events"]
        if not isinstance(events, list) or len(events) > MOST_EVENTS:
            raise TypeError("expected a list of events")
        return [_receipt(event) for event in events]
    except (KeyError, TypeError, ValueError) as error:
        raise ReceiptRefused(_("The callback does not say what happened.")) from error


def _receipt(event: Mapping[str, Any]) -> Receipt:
    occurred_at = datetime.fromisoformat(_text(event["occurred_at"]))
    if occurred_at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return Receipt(_text(event["event_id"]), _text(event["key"]), DeliveryReceipt.Kind(event["kind"]), occurred_at)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 120 or "\0" in value:
        raise TypeError("expected a text of 1 to 120 characters")
    return value
