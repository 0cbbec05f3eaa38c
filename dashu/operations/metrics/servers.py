"""Broker, database, disk, certificate, backups: how they stand."""

import json
import shutil
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import urlsplit

import redis
from cryptography import x509
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from dashu.events import QUEUES
from dashu.operations.backup import MANIFEST
from dashu.operations.metrics.counting import QUEUED_AT
from dashu.operations.metrics.figures import Reading

ANSWER_WITHIN_SECONDS = 3
CERTIFICATE_KEPT_SECONDS = 3600


def read_queues() -> Iterator[Reading]:
    """Read length and the oldest message of each queue; kombu puts new ones at the left and takes them at the right."""
    seconds = ANSWER_WITHIN_SECONDS
    with redis.from_url(settings.REDIS_URL, socket_connect_timeout=seconds, socket_timeout=seconds) as client:
        for queue in QUEUES:
            yield Reading("dashu_queue_messages", client.llen(queue), (queue,))
            yield Reading("dashu_queue_oldest_seconds", _waits(client.lindex(queue, -1)), (queue,))
        yield Reading("dashu_queue_unacknowledged", client.hlen("unacked"))


def _waits(message: bytes | None) -> float:
    """Return for how many seconds a message has waited; 0 where there is none, or it does not say."""
    try:
        queued_at: Any = json.loads(message or b"{}").get("headers", {}).get(QUEUED_AT)
    except (ValueError, AttributeError):
        return 0.0
    return max(0.0, time() - queued_at) if isinstance(queued_at, int | float) else 0.0


def read_database() -> Iterator[Reading]:
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS)
        for state, count in cursor.fetchall():
            yield Reading("dashu_database_connections", count, (state,))
        cursor.execute(_REST)
        most, oldest, size = cursor.fetchone()
    yield Reading("dashu_database_connections_limit", most)
    yield Reading("dashu_database_oldest_transaction_seconds", oldest)
    yield Reading("dashu_database_bytes", size)


# Of other roles Postgres does not say what they do.
_CONNECTIONS = """
SELECT COALESCE(state, 'unknown'), COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend'
GROUP BY 1 ORDER BY 1
"""
_REST = """
SELECT current_setting('max_connections')::int,
       COALESCE((SELECT EXTRACT(epoch FROM now() - MIN(xact_start)) FROM pg_stat_activity
                 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()), 0)::float8,
       pg_database_size(current_database())
"""


def read_disk() -> Iterator[Reading]:
    for name, folder in (("home", Path(settings.DASHU_HOME)), ("media", Path(settings.MEDIA_ROOT))):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        usage = shutil.disk_usage(there)
        yield Reading("dashu_disk_free_ratio", usage.free / usage.total, (name,))


def read_certificate() -> Iterator[Reading]:
    """Look once an hour at what the public address shows, whether or not it is still good."""
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme != "https" or not parts.hostname:
        return
    key = f"metrics:certificate:{parts.netloc}"
    until = cache.get(key)
    if until is None:
        shown = ssl.get_server_certificate((parts.hostname, parts.port or 443), timeout=ANSWER_WITHIN_SECONDS)
        until = x509.load_pem_x509_certificate(shown.encode()).not_valid_after_utc.timestamp()
        cache.set(key, until, CERTIFICATE_KEPT_SECONDS)
    yield Reading("dashu_certificate_expires_timestamp_seconds", until)


def read_backup() -> Iterator[Reading]:
    """Look for the newest whole backup in DASHU_BACKUP_FOLDER; without one named, nothing is said."""
    if not settings.BACKUP_FOLDER:
        return
    made = [path.parent.name for path in Path(settings.BACKUP_FOLDER).glob(f"[0-9]*Z/{MANIFEST}")]
    newest = datetime.strptime(max(made), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() if made else 0.0
    yield Reading("dashu_backup_written_timestamp_seconds", newest)
