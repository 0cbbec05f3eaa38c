"""
Whether somebody takes the jobs of each queue: every minute each gets a small one, which notes that it was taken.

How long ago that was says more than how many wait: a queue may be long and move, or short and stand still.
"""

import time

import redis
from django.conf import settings

from dashu.events import QUEUES

_TAKEN = "dashu:queue-taken"


def note_taken(queue: str) -> None:
    with _client() as client:
        client.hset(_TAKEN, queue, str(time.time()))


def seconds_since_taken() -> dict[str, float]:
    """Return seconds by queue; a queue that nobody ever took from, and all where the broker is away, are missing."""
    try:
        with _client() as client:
            found = client.hgetall(_TAKEN)
    except redis.RedisError:
        return {}
    now = time.time()
    taken = {queue.decode(): float(at) for queue, at in found.items()}
    return {queue: max(0.0, now - taken[queue]) for queue in QUEUES if queue in taken}


def _client() -> redis.Redis:
    return redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
