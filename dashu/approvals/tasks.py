"""The clock of approvals. It is its own sweep: each run takes up whatever has expired."""

from typing import Any

from celery import shared_task

from dashu.approvals.services.expire import expire_overdue
from dashu.kernel.dates import lender_now


@shared_task
def expire_overdue_requests(**_newer_fields: Any) -> None:
    expire_overdue(now=lender_now())
