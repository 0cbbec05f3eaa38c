"""Jobs of the outbox. Beat starts the sending every minute; it is its own sweep."""

from datetime import timedelta
from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now
from dashu.messaging import simulated
from dashu.messaging.receipts import read_receipts
from dashu.messaging.sending import send_due
from dashu.messaging.services import secret_texts
from dashu.messaging.services.book_receipts import book_receipts
from dashu.messaging.services.tell_of_unread import tell_of_unread

# Longer than the minute between two starts: a backlog is shared by the workers that start meanwhile.
RUNS_AT_MOST = timedelta(minutes=5)


@shared_task
def send_due_messages(**_newer_fields: Any) -> None:
    send_due(clock=lender_now, until=lender_now() + RUNS_AT_MOST)


@shared_task
def tell_of_unread_messages(**_newer_fields: Any) -> None:
    tell_of_unread(now=lender_now())


@shared_task
def tell_simulated_receipt(*, key: str, kind: str, **_newer_fields: Any) -> None:
    """Deliver what the simulated provider tells of a message, signed and read as a real one's callback is."""
    now = lender_now()
    body, headers = simulated.signed([simulated.event(key, kind, occurred_at=now)], now=now)
    book_receipts(read_receipts(body, headers), provider="simulated", now=now)


@shared_task
def send_secret_text(*, text_id: str, **_newer_fields: Any) -> None:
    secret_texts.send_queued_text(text_id=text_id, now=lender_now())


@shared_task
def sweep_secret_texts(**_newer_fields: Any) -> None:
    secret_texts.sweep_secret_texts(now=lender_now())
