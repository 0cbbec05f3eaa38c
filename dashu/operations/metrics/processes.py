"""
What processes count while they work.

With PROMETHEUS_MULTIPROC_DIR each process writes into a file there, and whoever asks reads the sum of all, also of
those that have ended. Without it each process knows only of itself.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

OWN = CollectorRegistry()

HTTP_SECONDS = Histogram(
    "dashu_http_seconds",
    "From the first line of code to the answer, by the view's name.",
    ["view", "method", "status"],
    registry=OWN,
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
TASK_SECONDS = Histogram(
    "dashu_task_seconds",
    "How long a task ran, by how it ended.",
    ["task", "outcome"],
    registry=OWN,
    buckets=(0.05, 0.25, 1, 5, 30, 120, 600),
)
TASK_WAITED_SECONDS = Histogram(
    "dashu_task_waited_seconds",
    "From when a task was due to when a worker began it.",
    ["queue"],
    registry=OWN,
    buckets=(0.1, 1, 5, 30, 120, 600, 3600),
)
SIGN_INS_FAILED = Counter("dashu_sign_ins_failed", "Sign-ins with a wrong name or password.", registry=OWN)
SIGN_INS_LOCKED = Counter("dashu_sign_ins_locked", "Names that were locked after too many of these.", registry=OWN)


def of_all_processes() -> CollectorRegistry:
    """Return what to read for this host: the files of all its processes, or this process alone."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return OWN
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together
