"""
What the installation is like at this moment, read from the servers when somebody asks.

Each group is read by itself: one that cannot be read says so in `dashu_figures_readable` and hides no other.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import redis
from django.db import DatabaseError
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from dashu.kernel.dates import lender_now
from dashu.operations.metrics import book, servers
from dashu.operations.metrics.figures import FIGURES, Reading

logger = logging.getLogger(__name__)

READABLE = "dashu_figures_readable"


class State(Collector):
    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name all figures without reading any."""
        yield from _families([]).values()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        readings: list[Reading] = []
        for group, read in _groups().items():
            try:
                readings += list(read())
                is_readable = 1
            except (DatabaseError, redis.RedisError, OSError) as error:
                logger.warning("The figures of %s cannot be read: %s", group, error)
                is_readable = 0
            readings.append(Reading(READABLE, is_readable, (group,)))
        yield from _families(readings).values()


def _groups() -> Mapping[str, Callable[[], Iterator[Reading]]]:
    return {
        "close": partial(book.read_close, lender_now()),
        "reconciliation": book.read_reconciliation,
        "outbox": partial(book.read_outbox, timezone.now()),
        "webhooks": partial(book.read_webhooks, timezone.now()),
        "audit": partial(book.read_audit, timezone.now()),
        "alerts": book.read_alerts,
        "clock": book.read_clock,
        "queues": servers.read_queues,
        "database": servers.read_database,
        "disk": servers.read_disk,
        "certificate": servers.read_certificate,
        "backup": servers.read_backup,
    }


def _families(readings: list[Reading]) -> dict[str, GaugeMetricFamily]:
    families = {name: GaugeMetricFamily(name, says, labels=labels) for name, (says, labels) in FIGURES.items()}
    for reading in readings:
        families[reading.name].add_metric(list(reading.labels), float(reading.value))
    return families
