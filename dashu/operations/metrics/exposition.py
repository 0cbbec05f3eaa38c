"""Figures as the text that Prometheus reads, for whoever names the token."""

from django.conf import settings
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import CollectorRegistry, generate_latest

from dashu.operations.metrics.processes import of_all_processes
from dashu.operations.metrics.state import State

PROCESSES, STATE = "/metrics", "/metrics/state"

__all__ = ["CONTENT_TYPE", "PROCESSES", "STATE", "exposed", "may_read"]


def may_read(authorization: str) -> bool:
    """:param authorization: the header as it came."""
    scheme, _space, given = authorization.partition(" ")
    token = settings.METRICS_TOKEN
    return bool(token) and scheme.lower() == "bearer" and constant_time_compare(given.strip(), token)


def exposed(path: str) -> bytes | None:
    """Return the figures at an address; None where there are none."""
    if path == PROCESSES:
        return generate_latest(of_all_processes())
    if path == STATE:
        registry = CollectorRegistry()
        registry.register(State())
        return generate_latest(registry)
    return None
