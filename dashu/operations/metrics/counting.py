"""Where processes count: Celery's signals and those of signing in. Requests are counted by `requests`."""

from datetime import datetime
from time import monotonic, time
from typing import Any

from axes.signals import user_locked_out
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.contrib.auth.signals import user_login_failed

from dashu.events import queue_of
from dashu.operations.metrics.processes import SIGN_INS_FAILED, SIGN_INS_LOCKED, TASK_SECONDS, TASK_WAITED_SECONDS

QUEUED_AT = "queued_at"


def connect() -> None:
    """Count from now on; a second call changes nothing."""
    for signal, receiver in (
        (before_task_publish, note_when_queued),
        (task_prerun, note_begin),
        (task_postrun, count_task),
        (user_login_failed, count_failed_sign_in),
        (user_locked_out, count_locked),
    ):
        signal.connect(receiver, dispatch_uid=f"metrics.{receiver.__name__}")


def note_when_queued(headers: dict[str, Any] | None = None, **_given: Any) -> None:
    """Write into a message when it was queued, which neither Celery nor Redis does."""
    if headers is not None:
        headers[QUEUED_AT] = time()


def note_begin(task: Any = None, **_given: Any) -> None:
    task.request.metrics_began = monotonic()
    queued_at = getattr(task.request, QUEUED_AT, None)
    if isinstance(queued_at, int | float):
        due = max(queued_at, _moment(task.request.eta))
        TASK_WAITED_SECONDS.labels(queue_of(task.name)).observe(max(0.0, time() - due))


def count_task(task: Any = None, state: str | None = None, **_given: Any) -> None:
    began = getattr(task.request, "metrics_began", None)
    if began is not None:
        TASK_SECONDS.labels(task.name, state or "LOST").observe(monotonic() - began)


def count_failed_sign_in(**_given: Any) -> None:
    SIGN_INS_FAILED.inc()


def count_locked(**_given: Any) -> None:
    SIGN_INS_LOCKED.inc()


def _moment(eta: str | None) -> float:
    """Return the second before which a task was not to run; 0 where it was due at once."""
    try:
        return datetime.fromisoformat(eta).timestamp() if eta else 0.0
    except ValueError:
        return 0.0
