"""Jobs of the night, and reactions to payments. The state is in the database: running twice or late is safe."""

from datetime import date, timedelta
from typing import Any

from celery import shared_task
from django.db import OperationalError

from collections_mgmt.models import CloseRun
from collections_mgmt.services import close_day as service
from collections_mgmt.services.close_range import close_range
from collections_mgmt.services.reassess_loan import reassess_loan as reassess
from collections_mgmt.services.refresh_history import refresh_history as refresh
from dashu.celery import app
from dashu.kernel.dates import lender_today


@shared_task
def close_due_dates(**_newer_fields: Any) -> None:
    """Take the oldest date that is owed and queue its ranges; beat calls this every few minutes, as start and sweep."""
    today = lender_today()
    day = next(service.owed_dates(to=today - timedelta(days=1), today=today), None)
    if day is not None:
        run = service.start_close(business_date=day)
        for range_id in service.waiting_ranges(run.pk):
            app.send_task("collections_mgmt.tasks.close_one_range", kwargs={"range_id": range_id, "run_id": run.pk})
        _go_on_when_closed(run.pk)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, retry_backoff_max=600, max_retries=20)
def close_one_range(*, range_id: int, run_id: int, **_newer_fields: Any) -> None:
    item = close_range(range_id=range_id, today=lender_today())
    if item is not None and item.status == item.Status.WAITING:  # split: both halves wait
        for waiting in service.waiting_ranges(run_id):
            app.send_task("collections_mgmt.tasks.close_one_range", kwargs={"range_id": waiting, "run_id": run_id})
    _go_on_when_closed(run_id)


@shared_task
def reassess_loan(*, loan_id: int, **_newer_fields: Any) -> None:
    reassess(loan_id=loan_id, as_of=lender_today())


@shared_task
def refresh_history(*, loan_id: int, event_id: int, **_newer_fields: Any) -> None:
    refresh(loan_id=loan_id, event_id=event_id, today=lender_today())


def _go_on_when_closed(run_id: int) -> None:
    """Queue the next owed date once this one is closed."""
    run = service.finish_close(run_id=run_id)
    behind: date = lender_today() - timedelta(days=1)
    if run.status == CloseRun.Status.CLOSED and run.business_date < behind:
        app.send_task("collections_mgmt.tasks.close_due_dates")
