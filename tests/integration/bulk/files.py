"""Files as partners send them, and a worker without a broker."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from dashu.bulk.models import BulkJob
from dashu.bulk.services.end_job import finish_job
from dashu.bulk.services.start_job import start_job
from dashu.bulk.services.work_job import work_next_range
from dashu.kernel.dates import LENDER_ZONE

NOW = datetime(2026, 2, 20, 10, tzinfo=LENDER_ZONE)
COLUMNS = ("loan", "amount", "currency", "received_on", "reference")


def csv_file(*rows: Iterable[str], columns: Iterable[str] = COLUMNS, encoding: str = "utf-8", name: str = "pay.csv"):
    text = "".join(",".join(row) + "\r\n" for row in (columns, *rows))
    return SimpleUploadedFile(name, text.encode(encoding))


def json_file(*documents: Any, name: str = "lines.jsonl"):
    return SimpleUploadedFile(name, "".join(json.dumps(document) + "\n" for document in documents).encode())


def payment(loan: Any, reference: str, amount: str = "100.00", on: str = "2026-02-15") -> tuple[str, ...]:
    return (getattr(loan, "number", loan), amount, "CNY", on, reference)


def job_of(answer: Any) -> BulkJob:
    return BulkJob.objects.get(key=answer.json()["id"])


def work(job: BulkJob, *, now: datetime = NOW, most: int | None = None) -> BulkJob:
    """Work a job as workers do, all of it or at most so many ranges."""
    start_job(job_id=job.pk, now=now)
    ranges = 0
    while ranges != most and work_next_range(job_id=job.pk, today=now.date(), clock=lambda: now) is not None:
        ranges += 1
    finish_job(job_id=job.pk, now=now)
    job.refresh_from_db()
    return job
