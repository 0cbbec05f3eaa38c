"""
How often a client may call: a bucket for its reads and one for its writes, in the Redis-protocol server.

A bucket holds the calls of one minute and fills evenly, so a program may call that often at once and then at that pace.
The server keeps for each bucket only the moment at which it will be full (the generic cell rate algorithm), by its own
clock, and decides in one script: one round trip, and two calls at once take two drops.

Where that server does not answer, calls go on without a limit: see docs/decisions/calls-go-on-without-their-limits.md.
"""

import logging
import math
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dashu.alerts.services import raise_alert_if_possible
from dashu.kernel.errors import DomainError

WINDOW = 60  # seconds
ALERT = "api.no_limits"
PAUSE = 5  # seconds in which a server that did not answer is not asked again
PATIENCE = 0.25  # seconds for its answer

logger = logging.getLogger(__name__)

_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[2])
local drop = window / tonumber(ARGV[1])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local later = full_at + drop
if later - now > window + 1 then
    return {0, 0, math.ceil(full_at - now), math.ceil(later - now - window)}
end
redis.call('SET', KEYS[1], string.format('%.0f', later), 'PX', math.ceil((later - now) / 1000))
return {1, math.floor((window - (later - now) + 1) / drop), math.ceil(later - now), 0}
"""


class RateLimited(DomainError):
    """There were too many calls in a short time. `Retry-After` says after how many seconds the next one is taken."""

    code = "rate_limited"
    http_status = 429
    retry_in: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How a bucket stands after a call.

    :ivar remaining: how many more calls it takes at once.
    :ivar full_in: seconds until it takes all of `quota` again.
    :ivar retry_in: seconds until it takes the call that it refused; 0 for one that it took.
    """

    name: str
    quota: int
    remaining: int
    full_in: int
    retry_in: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-10 writes them."""
        told = {
            "RateLimit-Policy": f'"{self.name}";q={self.quota};w={WINDOW}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.full_in}',
        }
        return told | ({"Retry-After": str(self.retry_in)} if self.retry_in else {})


def take(name: str, whose: str, quota: int, *, window: timedelta = timedelta(seconds=WINDOW)) -> Standing | None:
    """
    Take one drop from a bucket of `quota` drops a minute and return how it stands then.

    :param whose: of whom, apart from all others with a bucket of this name.
    :param window: in place of the minute; who tells callers of such a bucket does not use its headers.
    :returns: None when the server does not answer.
    """
    if _Outage.until > time.monotonic():
        return None
    try:
        is_taken, remaining, full_in, retry_in = _script()(
            keys=[f"dashu:limit:{name}:{whose}"], args=[quota, window // timedelta(microseconds=1)], client=server()
        )
    except redis.RedisError as error:
        _Outage.until = time.monotonic() + PAUSE
        logger.warning("The limits of the API do not hold: %s", error)
        raise_alert_if_possible(ALERT, error=type(error).__name__)
        return None
    return Standing(name, quota, remaining, _seconds(full_in), 0 if is_taken else max(1, _seconds(retry_in)))


def refuse_beyond(standing: Standing | None) -> None:
    """:raises RateLimited: the call was not taken."""
    if standing is not None and standing.retry_in:
        refusal = RateLimited(
            _("There were too many calls. Try again in %(seconds)s seconds."), params={"seconds": standing.retry_in}
        )
        refusal.retry_in = standing.retry_in
        raise refusal


class _Outage:
    """Until when this process leaves the server alone, on the monotonic clock."""

    until = 0.0


def server() -> redis.Redis:
    """Return the server of the limits, asked with little patience; its errors are the caller's."""
    return _server(settings.REDIS_URL)


@cache
def _server(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)


@cache
def _script() -> Any:
    return server().register_script(_TAKE)


def _seconds(microseconds: int) -> int:
    return math.ceil(microseconds / 1_000_000)
