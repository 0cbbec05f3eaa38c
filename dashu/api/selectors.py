"""How much a partner's programs call: what was summed up of the hours that are over, and the calls since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Usage:
    """
    The calls of one hour, or of one operation.

    :ivar refused: answered with 4xx, of them `limited` because there were too many; `failed` with 5xx.
    :ivar milliseconds: of all calls together; `slowest` of the slowest.
    """

    calls: int
    refused: int
    limited: int
    failed: int
    replayed: int
    milliseconds: int
    slowest: int
    request_bytes: int
    response_bytes: int


def usage_by_hour(
    *, partner_id: int, since: datetime, until: datetime, client_id: int | None = None
) -> dict[datetime, Usage]:
    """
    Return the sums of each hour that has any calls, in order.

    :param since: the beginning of an hour. :param until: not included.
    :param client_id: the key of one of the partner's clients; None for all.
    """
    return _usage("hour", partner_id=partner_id, since=since, until=until, client_id=client_id)


def usage_by_operation(
    *, partner_id: int, since: datetime, until: datetime, client_id: int | None = None
) -> dict[str, Usage]:
    """Return the sums of each operation, the most called first; see `usage_by_hour`."""
    found = _usage("operation", partner_id=partner_id, since=since, until=until, client_id=client_id)
    return dict(sorted(found.items(), key=lambda item: (-item[1].calls, item[0])))


def _usage(by: str, *, partner_id: int, since: datetime, until: datetime, client_id: int | None) -> dict[Any, Usage]:
    asked: dict[str, Any] = {"partner": partner_id, "since": since, "until": until, "client": client_id}
    with connection.cursor() as cursor:
        cursor.execute(_USAGE.format(by=by), asked)
        return {row[0]: Usage(*(int(value) for value in row[1:])) for row in cursor.fetchall()}


_USAGE = """
WITH summed AS (SELECT max(hour) + interval '1 hour' AS up_to FROM api_apiusage),
parts AS (
    SELECT hour, operation, calls, refused, limited, failed, replayed, milliseconds, slowest,
        request_bytes, response_bytes
    FROM api_apiusage
    WHERE partner_id = %(partner)s AND hour >= %(since)s AND hour < %(until)s
        AND (%(client)s::bigint IS NULL OR client_id = %(client)s)
    UNION ALL
    SELECT date_trunc('hour', at, 'UTC'), operation, 1, (status BETWEEN 400 AND 499)::int, (status = 429)::int,
        (status >= 500)::int, is_replay::int, milliseconds, milliseconds, request_bytes, response_bytes
    FROM api_apicall
    WHERE partner_id = %(partner)s AND client_id IS NOT NULL AND at < %(until)s
        AND at >= greatest(%(since)s::timestamptz, (SELECT up_to FROM summed))
        AND (%(client)s::bigint IS NULL OR client_id = %(client)s)
)
SELECT {by}, sum(calls), sum(refused), sum(limited), sum(failed), sum(replayed), sum(milliseconds), max(slowest),
    sum(request_bytes), sum(response_bytes)
FROM parts GROUP BY 1 ORDER BY 1
"""
