"""
How often a partner may have a challenge sent, since a thread waits for the receiver as long as it is on its way.

One at a time and a few an hour for each partner, and a few at a time for all of them, so that nobody holds the threads
of the web server, nor do many together. All are kept where the limits of the API are, and like these they do not hold
while that server is away. Why anybody waits at all: docs/decisions/verifying-an-endpoint-is-answered-at-once.md.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import redis
from django.utils.translation import gettext_lazy as _

from dashu.api import rate_limits
from dashu.kernel.errors import DomainError
from dashu.webhooks.challenging import LIMITS

AN_HOUR = 10
AT_ONCE = 3  # of all partners
HOUR = timedelta(hours=1)
# Longer than a challenge takes; should its thread be killed, the partner waits no longer than this.
HELD_FOR = timedelta(seconds=LIMITS.total + 4)
_LET_GO = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"

logger = logging.getLogger(__name__)


class ChallengeRunning(DomainError):
    """Another endpoint of the partner is being verified at this moment, and there is one at a time."""

    code = "webhook_challenge_running"
    http_status = 409


class ChallengesBusy(DomainError):
    """As many endpoints of others are being verified as can be at one time. Ask again after `Retry-After` seconds."""

    code = "webhook_challenges_busy"
    http_status = 503
    retry_in = int(LIMITS.total)


@contextmanager
def one_challenge(partner_id: int) -> Iterator[None]:
    """
    Hold the partner's place for as long as a challenge takes.

    :raises ChallengeRunning, ChallengesBusy: see there. :raises RateLimited: there were too many in this hour.
    """
    place, mark = f"dashu:challenge:{partner_id}", str(uuid4())
    if not _taken(place, mark):
        raise ChallengeRunning(
            _("An endpoint of yours is being verified at this moment. Wait for its answer, then verify this one.")
        )
    try:
        with _one_of_few(mark):
            rate_limits.refuse_beyond(rate_limits.take("challenges", str(partner_id), AN_HOUR, window=HOUR))
            yield
    finally:
        _let_go(place, mark)


@contextmanager
def _one_of_few(mark: str) -> Iterator[None]:
    places = (f"dashu:challenge:of-all:{number}" for number in range(AT_ONCE))
    place = next((each for each in places if _taken(each, mark)), None)
    if place is None:
        raise ChallengesBusy(_("Many endpoints are being verified at this moment. Try again in a few seconds."))
    try:
        yield
    finally:
        _let_go(place, mark)


def _taken(place: str, mark: str) -> bool:
    try:
        return bool(rate_limits.server().set(place, mark, nx=True, px=HELD_FOR))
    except redis.RedisError as error:
        logger.warning("Challenges are not limited: %s", error)
        return True


def _let_go(place: str, mark: str) -> None:
    try:
        rate_limits.server().eval(_LET_GO, 1, place, mark)
    except redis.RedisError as error:
        logger.warning("The place of a challenge ends by itself: %s", error)
