"""Jobs of credit reporting. The state is in the database: running twice or late is safe."""

from typing import Any

from celery import shared_task

from dashu.credit_reporting.services import watch
from dashu.kernel.dates import lender_now


@shared_task
def build_due_files(**_newer_fields: Any) -> None:
    """Build the files of closed months and of corrections, and mind the deadlines."""
    now = lender_now()
    watch.build_due(now=now)
    watch.correct_due(now=now)
    watch.watch_deadlines(now=now)


@shared_task
def tidy_credit_files(**_newer_fields: Any) -> None:
    """Remove files that no row names."""
    watch.tidy(now=lender_now())
