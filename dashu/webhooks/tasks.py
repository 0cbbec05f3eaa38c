"""Jobs of the events for partners. Beat starts the delivery every few seconds; it is its own sweep."""

from datetime import timedelta
from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now
from dashu.webhooks.sending import deliver_due
from dashu.webhooks.services import telling, tidying

RUNS_AT_MOST = timedelta(seconds=50)


@shared_task
def deliver_due_events(**_newer_fields: Any) -> None:
    deliver_due(clock=lender_now, until=lender_now() + RUNS_AT_MOST)


@shared_task(autoretry_for=(OSError,), retry_backoff=60, max_retries=5)
def tell_of_trouble(*, endpoint_id: int, what: str, **_newer_fields: Any) -> None:
    telling.tell_partner(endpoint_id=endpoint_id, what=what)


@shared_task
def tidy_events(**_newer_fields: Any) -> None:
    tidying.tidy_events(now=lender_now())
