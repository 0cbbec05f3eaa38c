"""Jobs of the outbox. Beat starts the sending every minute; it is its own sweep."""

from datetime import timedelta
from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now
from dashu.messaging.sending import send_due

# Longer than the minute between two starts: a backlog is shared by the workers that start meanwhile.
RUNS_AT_MOST = timedelta(minutes=5)


@shared_task
def send_due_messages(**_newer_fields: Any) -> None:
    send_due(clock=lender_now, until=lender_now() + RUNS_AT_MOST)
