"""
What happened → which tasks react.

A lower app never calls a higher one: it publishes an event, and this table names the tasks that react. It is the only
wiring between apps. Every task named here also has a sweep that finds what was missed, so an event may be lost; but for
some that only point to a lesson, on which nothing hangs.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from dashu.alerts.services import raise_alert_if_possible
from dashu.celery import app

logger = logging.getLogger(__name__)

REACTIONS: dict[str, tuple[str, ...]] = {
    "break_glass.rights_taken": ("dashu.break_glass.tasks.tell_of_rights_taken",),
    "messaging.secret_text_asked": ("dashu.messaging.tasks.send_secret_text",),
    "loans.application_submitted": ("loans.tasks.decide_application",),
    "loans.application_decided": ("loans.tasks.tell_of_decision", "education.tasks.notice_inquiries"),
    "loans.signing_code_asked": ("loans.tasks.send_signing_code",),
    "loans.signature_access_asked": ("loans.tasks.send_access_code",),
    "loans.guarantor_asked": ("loans.tasks.send_guarantor_link",),
    "loans.guarantor_code_asked": ("loans.tasks.send_guarantor_code",),
    "loans.guarantee_answered": ("loans.tasks.tell_of_guarantee",),
    "loans.contract_signed": (
        "loans.tasks.tell_of_signature",
        "repayments.tasks.request_payout",
        "education.tasks.notice_contract",
    ),
    "repayments.payout_approved": ("repayments.tasks.send_payout",),
    "repayments.loan_paid_out": ("repayments.tasks.tell_of_payout", "repayments.tasks.go_on_after_payout"),
    "repayments.payout_failed": ("repayments.tasks.tell_of_payout", "repayments.tasks.go_on_after_payout"),
    "repayments.payout_held": ("repayments.tasks.tell_of_held",),
    "repayments.withdrawal_asked": ("repayments.tasks.tell_of_withdrawal",),
    "repayments.withdrawal_ended": ("repayments.tasks.tell_of_withdrawal",),
    "repayments.payout_given_up": ("repayments.tasks.tell_of_given_up",),
    "provisioning.month_asked": ("dashu.provisioning.tasks.calculate_month",),
    "privacy.export_asked": ("dashu.privacy.tasks.build_export",),
    "repayments.payment_received": (
        "repayments.tasks.send_receipt",
        "repayments.tasks.review_after_change",
        "repayments.tasks.review_withdrawal",
        "collections_mgmt.tasks.reassess_loan",
        "collections_mgmt.tasks.review_settlement",
        "collections_mgmt.tasks.bring_back_paid",
    ),
    "repayments.payment_returned": (
        "repayments.tasks.review_after_change",
        "repayments.tasks.review_withdrawal",
        "collections_mgmt.tasks.reassess_loan",
        "collections_mgmt.tasks.review_settlement",
    ),
    "repayments.loan_restated": (
        "repayments.tasks.tell_of_change",
        "repayments.tasks.review_after_change",
        "collections_mgmt.tasks.refresh_history",
    ),
    "repayments.bank_statement_imported": ("repayments.tasks.book_sure_matches",),
    "loans.document_added": ("loans.tasks.scan_document",),
    "loans.document_removed": ("loans.tasks.erase_document",),
    "collections_mgmt.relief_access_asked": ("collections_mgmt.tasks.send_relief_access_code",),
    "collections_mgmt.offer_code_asked": ("collections_mgmt.tasks.send_offer_code",),
    "collections_mgmt.offers_made": ("education.tasks.notice_offers",),
    "collections_mgmt.plan_accepted": ("education.tasks.notice_plan",),
    "collections_mgmt.loans_fell_behind": ("education.tasks.notice_behind",),
    "collections_mgmt.close_goes_on": ("collections_mgmt.tasks.close_due_dates",),
    "education.workshop_code_asked": ("education.tasks.send_workshop_code",),
    "bulk.job_uploaded": ("dashu.bulk.tasks.start_job",),
    "bulk.job_goes_on": ("dashu.bulk.tasks.go_on",),
    "webhooks.event_recorded": ("dashu.webhooks.tasks.deliver_due_events",),
    "console.key_changed": ("dashu.console.tasks.tell_of_change",),
    "webhooks.endpoint_troubled": ("dashu.webhooks.tasks.tell_of_trouble",),
}

# The first pattern that fits names the queue; a worker reads the queues it is given with `-Q`.
TASK_QUEUES: tuple[tuple[str, str], ...] = (
    ("collections_mgmt.tasks.close_*", "close"),
    ("collections_mgmt.tasks.*", "collections"),
    ("dashu.messaging.tasks.*_secret_text*", "default"),  # somebody waits for it, whatever else is to be sent
    ("dashu.messaging.tasks.*", "messages"),
    ("dashu.webhooks.tasks.deliver_*", "webhooks"),  # other people's servers: however slow they are, nothing else waits
    ("dashu.bulk.tasks.*", "bulk"),  # long files of partners, behind which nobody waits
    ("dashu.credit_reporting.tasks.*", "bulk"),  # a book's worth of records; nobody waits for it
    ("education.tasks.check_links", "bulk"),  # other people's servers again; nobody waits for it
    ("*", "default"),
)
QUEUES = tuple(dict.fromkeys(queue for _pattern, queue in TASK_QUEUES))

_IS_SILENT: ContextVar[bool] = ContextVar("events_are_silenced", default=False)


def publish(event: str, **fields: Any) -> None:
    """
    Announce what happened; its tasks are queued by name once the caller's transaction commits.

    :param event: a key of `REACTIONS`.
    :param fields: ids and plain values, passed to every task as keyword arguments.
    """
    if event not in REACTIONS:
        raise KeyError(event)
    if is_silent():
        return
    if waiting := _waiting():
        waiting.events.append((event, fields))
    else:
        transaction.on_commit(_Message([(event, fields)]))


def is_silent() -> bool:
    """Whether a history is being written down, which is no news to anyone."""
    return _IS_SILENT.get()


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
def react(events: list[tuple[str, dict[str, Any]]]) -> None:
    """Queue every task that reacts to these events; each of them then succeeds or is tried again by itself."""
    for event, fields in events:
        for task in REACTIONS[event]:
            app.send_task(task, kwargs=fields)


@dataclass(frozen=True, slots=True)
class _Message:
    """What one piece of work announces when it is committed: its caller waits for the broker once."""

    events: list[tuple[str, dict[str, Any]]]

    def __call__(self) -> None:
        """Hand it to the broker; the work is committed, so a broker that is down must not make the caller fail."""
        try:
            app.send_task(react.name, kwargs={"events": self.events}, retry=False)
        except (OperationalError, RedisError, OSError) as error:
            names = ", ".join(event for event, _fields in self.events)
            logger.error("The broker is not reachable; %s waits for the next sweep: %s", names, error)
            raise_alert_if_possible("broker.unreachable", error=str(error))


def _waiting() -> _Message | None:
    """Return this transaction's last message, if it is committed, or undone, together with what comes now."""
    if not connection.in_atomic_block or not connection.run_on_commit:
        return None
    savepoints, hook = connection.run_on_commit[-1][:2]
    return hook if isinstance(hook, _Message) and savepoints == set(connection.savepoint_ids) else None
