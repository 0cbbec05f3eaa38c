"""Writing an event down, in the transaction of the write that it tells of."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from dashu import events
from dashu.kernel.money import format_minor
from dashu.webhooks.catalog import CATALOG, PAYLOAD_VERSION


def record(
    *, partner_id: int | None, type: str, subject: str, data: Mapping[str, Any], business_date: date | None = None
) -> None:
    """
    Tell a partner what happened; rolled back with the caller, nothing was ever told.

    What no partner brought, and a history that is only written down, is told nobody.

    :param type: a key of `CATALOG`; `data` has exactly the fields of its example.
    :param subject: a public reference, such as a loan's number.
    :param data: plain values without anything personal; dates and moments are stored as ISO text.
    :param business_date: the lender's day for which it counts.
    """
    assert type in CATALOG, f"an event that nobody listed: {type}"
    assert set(data) == set(CATALOG[type].example), f"{type} has other fields: {sorted(data)}"
    if partner_id is None or events.is_silent():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO webhooks_partnerevent (partner_id, type, subject, data, version, business_date)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [partner_id, type, subject, json.dumps(data, cls=DjangoJSONEncoder), PAYLOAD_VERSION, business_date],
        )
    events.publish("webhooks.event_recorded")


def money_data(minor: int, currency: str) -> dict[str, str]:
    """Return an amount as every answer of the API writes it."""
    return {"amount": format_minor(minor, currency), "currency": currency}
