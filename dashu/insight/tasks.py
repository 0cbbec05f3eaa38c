"""Jobs of the reports. Beat starts the sending every minute; it is its own sweep."""

from typing import Any

from celery import shared_task

from dashu.insight.services.sending import claim_due, send_owed
from dashu.kernel.dates import lender_now


@shared_task
def send_due_reports(**_newer_fields: Any) -> None:
    claim_due(now=lender_now())
    send_owed(clock=lender_now)
