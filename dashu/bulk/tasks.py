"""The lines of bulk jobs, in the background. The state is in the database: running twice or late is safe."""

from typing import Any

from celery import shared_task
from django.conf import settings

from dashu.bulk.selectors import jobs_at_work, jobs_to_start, ranges_left
from dashu.bulk.services import decide_job, forget_files
from dashu.bulk.services.end_job import finish_job
from dashu.bulk.services.start_job import start_job as start
from dashu.bulk.services.work_job import work_next_range
from dashu.celery import app
from dashu.kernel.dates import lender_now, lender_today


@shared_task
def start_job(*, job_id: int, **_newer_fields: Any) -> None:
    if start(job_id=job_id, now=lender_now()):
        _queue(job_id)


@shared_task
def go_on(*, job_id: int, **_newer_fields: Any) -> None:
    _queue(job_id)


@shared_task
def work_one_range(*, job_id: int, **_newer_fields: Any) -> None:
    """Work a range of the job, whichever has its turn, and see to the next one, or to the end of the job."""
    if work_next_range(job_id=job_id, today=lender_today(), clock=lender_now) is not None:
        _queue(job_id, most=1)
    else:
        finish_job(job_id=job_id, now=lender_now())


@shared_task
def sweep_jobs(**_newer_fields: Any) -> None:
    """Start what an event missed, and go on with what a stopped worker or a lost message left behind."""
    for job_id in jobs_to_start(now=lender_now()):
        app.send_task("dashu.bulk.tasks.start_job", kwargs={"job_id": job_id})
    for job_id in jobs_at_work():
        _queue(job_id)


@shared_task
def forget_old_files(**_newer_fields: Any) -> None:
    now = lender_now()
    decide_job.decline_forgotten(now=now)
    forget_files.forget_files(now=now)


def _queue(job_id: int, *, most: int | None = None) -> None:
    """Queue as many workings of a range as may go on at once; one of them at least sees that none is left."""
    count = 1 if most == 1 else min(settings.BULK_AT_ONCE, ranges_left(job_id)) or 1
    for _number in range(count):
        app.send_task("dashu.bulk.tasks.work_one_range", kwargs={"job_id": job_id})
