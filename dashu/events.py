"""
What happened → which tasks react.

A lower app never calls a higher one: it publishes an event, and this table names the tasks that react. It is the only
wiring between apps. Every task named here also has a sweep that finds what was missed, so an event may be lost.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from dashu.alerts.services import raise_alert_if_possible
from dashu.celery import app

logger = logging.getLogger(__name__)

REACTIONS: dict[str, tuple[str, ...]] = {
    "repayments.payment_received": (
        "repayments.tasks.send_receipt",
        "repayments.tasks.review_after_change",
        "collections_mgmt.tasks.reassess_loan",
    ),
    "repayments.payment_returned": ("repayments.tasks.review_after_change", "collections_mgmt.tasks.reassess_loan"),
    "repayments.loan_restated": (
        "repayments.tasks.tell_of_change",
        "repayments.tasks.review_after_change",
        "collections_mgmt.tasks.refresh_history",
    ),
    "repayments.bank_statement_imported": ("repayments.tasks.book_sure_matches",),
    "collections_mgmt.close_goes_on": ("collections_mgmt.tasks.close_due_dates",),
}

# The first pattern that fits names the queue; a worker reads the queues it is given with `-Q`.
TASK_QUEUES: tuple[tuple[str, str], ...] = (
    ("collections_mgmt.tasks.close_*", "close"),
    ("collections_mgmt.tasks.*", "collections"),
    ("dashu.messaging.tasks.*", "messages"),
    ("*", "default"),
)
QUEUES = tuple(queue for _pattern, queue in TASK_QUEUES)

_IS_SILENT: ContextVar[bool] = ContextVar("events_are_silenced", default=False)


def publish(event: str, **fields: Any) -> None:
    """
    Announce what happened; its tasks are queued by name once the caller's transaction commits.

    :param event: a key of `REACTIONS`.
    :param fields: ids and plain values, passed to every task as keyword arguments.
    """
    if event not in REACTIONS:
        raise KeyError(event)
    if not _IS_SILENT.get():
        transaction.on_commit(partial(_queue, event, fields))


@contextmanager
def silenced() -> Iterator[None]:
    """Publish nothing inside: for writing a history down, which is no news to anyone."""
    token = _IS_SILENT.set(True)
    try:
        yield
    finally:
        _IS_SILENT.reset(token)


def queue_of(task: str) -> str:
    return next(queue for pattern, queue in TASK_QUEUES if fnmatchcase(task, pattern))


def route_task(name: str, *_args: Any, **_kwargs: Any) -> dict[str, str]:
    """Celery's router: names the queue of a task, also for a task that is sent by name only."""
    return {"queue": queue_of(name)}


@app.task(name="dashu.events.react", ignore_result=True)
def react(event: str, fields: dict[str, Any]) -> None:
    """Queue every task that reacts to an event; each of them then succeeds or is tried again by itself."""
    for task in REACTIONS[event]:
        app.send_task(task, kwargs=fields)


def _queue(event: str, fields: dict[str, Any]) -> None:
    """
    Hand the event to the broker in one message, so that whoever waits for the caller's answer waits once.

    The caller's work is committed, so a broker that is down must not make it fail.
    """
    try:
        app.send_task(react.name, kwargs={"event": event, "fields": fields}, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        logger.error("The broker is not reachable; %s waits for the next sweep: %s", event, error)
        raise_alert_if_possible("broker.unreachable", error=str(error))
