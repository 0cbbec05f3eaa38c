"""Writing down calls, summing them up by the hour, and forgetting them."""

from dataclasses import fields
from datetime import datetime, timedelta

from django.db import connection

from dashu.api.calls import Answered

BATCH = 10_000
# A call that began before the hour was over is written down a moment after it.
SETTLED_AFTER = timedelta(minutes=2)
_COLUMNS = [field.name for field in fields(Answered)]
_RECORD = (
    "WITH waits AS (SELECT set_config('synchronous_commit', 'off', true))"  # noqa: S608
    f" INSERT INTO api_apicall ({', '.join(_COLUMNS)}) SELECT {', '.join(['%s'] * len(_COLUMNS))} FROM waits"
)


def record_call(call: Answered) -> None:
    """
    Write one call down, in one round trip that waits for no disk.

    What the server had not yet written when it lost its power is lost: some calls of the last second. Whatever a call
    changed has a record of its own in the audit log, which is not.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [getattr(call, column) for column in _COLUMNS])


def sum_up_calls(*, now: datetime) -> int:
    """
    Sum up every hour that is over and not summed up, and return how many sums were written.

    Summing an hour up again gives the same, so a run that died, or two at once, do no harm.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SUM_UP, [now - SETTLED_AFTER])
        return int(cursor.rowcount)


def forget_calls(*, before: datetime) -> int:
    """Delete the calls before this moment, batch by batch, and return how many; their sums stay."""
    deleted = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM api_apicall WHERE id = ANY (ARRAY(SELECT id FROM api_apicall WHERE at < %s LIMIT %s))",
                [before, BATCH],
            )
            deleted += cursor.rowcount
            if cursor.rowcount < BATCH:
                return deleted


_SUM_UP = """
INSERT INTO api_apiusage (
    hour, partner_id, client_id, operation, calls, refused, limited, failed, replayed, milliseconds, slowest,
    request_bytes, response_bytes
)
SELECT date_trunc('hour', at, 'UTC'), partner_id, client_id, operation, count(*),
    count(*) FILTER (WHERE status BETWEEN 400 AND 499), count(*) FILTER (WHERE status = 429),
    count(*) FILTER (WHERE status >= 500), count(*) FILTER (WHERE is_replay),
    sum(milliseconds), max(milliseconds), sum(request_bytes), sum(response_bytes)
FROM api_apicall
WHERE at >= coalesce((SELECT max(hour) FROM api_apiusage), '-infinity')
    AND at < date_trunc('hour', %s::timestamptz, 'UTC')
    AND partner_id IN (SELECT id FROM users_partner) AND client_id IS NOT NULL
GROUP BY 1, 2, 3, 4
ON CONFLICT (partner_id, hour, client_id, operation) DO UPDATE SET
    calls = excluded.calls, refused = excluded.refused, limited = excluded.limited, failed = excluded.failed,
    replayed = excluded.replayed, milliseconds = excluded.milliseconds, slowest = excluded.slowest,
    request_bytes = excluded.request_bytes, response_bytes = excluded.response_bytes
"""
