"""A broker with nothing in it."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings


@pytest.fixture
def empty_broker() -> Iterator[redis.Redis]:
    """The queues of this test process, without the tasks that earlier tests left there."""
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    broker.flushdb()
    yield broker
    broker.flushdb()
    broker.close()
