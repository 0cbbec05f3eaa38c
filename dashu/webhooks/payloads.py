"""
An event as partners read it, in the feed and in webhooks alike.

Each version of the payload is a function here, and stays: an endpoint gets the version that it was made with.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from dashu.kernel.dates import LENDER_ZONE
from dashu.webhooks.catalog import PAYLOAD_VERSION
from dashu.webhooks.models import PartnerEvent


def payload_of(event: PartnerEvent, *, version: int = PAYLOAD_VERSION) -> dict[str, Any]:
    return _VERSIONS[version](event)


def body_of(payload: Mapping[str, Any]) -> str:
    """Return the very text that is signed and sent."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _first(event: PartnerEvent) -> dict[str, Any]:
    return {
        "id": str(event.key),
        "type": event.type,
        "timestamp": event.happened_at.astimezone(LENDER_ZONE).isoformat(),
        "subject": event.subject,
        "sequence": event.position,
        "version": 1,
        "business_date": event.business_date.isoformat() if event.business_date else None,
        "data": event.data,
    }


_VERSIONS: Mapping[int, Callable[[PartnerEvent], dict[str, Any]]] = {1: _first}
