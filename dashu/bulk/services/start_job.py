"""Read the lines of a job into rows, once, so that ranges of them can be worked side by side."""

import itertools
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.module_loading import import_string

from dashu.alerts.services import end_alert, raise_alert_if_possible
from dashu.bulk.files import content_of
from dashu.bulk.models import BulkJob, JobLine, JobRange
from dashu.bulk.reading import Line
from dashu.bulk.services.end_job import fail_job
from dashu.bulk.services.upload_job import lines_of
from dashu.kernel.errors import DomainError, InvalidInput, _
from dashu.users.sealing import CannotOpen

BATCH = 1_000
# How many lines a worker takes up at a time.
RANGE = 200


class FileHarmful(InvalidInput):
    """A check for harmful software stopped the file."""

    code = "file_harmful"


class FileLost(InvalidInput):
    """The file cannot be read any more; it has to be sent again."""

    code = "file_lost"


def start_job(*, job_id: int, now: datetime) -> bool:
    """
    Read the lines and make the job run; return whether this call did so.

    A job that was started, cancelled or is being started by somebody else is left alone. One that is cut short leaves
    nothing, and is started again. Without an answer of the scanner the job keeps waiting.
    """
    job = BulkJob.objects.filter(pk=job_id, status=BulkJob.Status.QUEUED, planned_at=None).first()
    if job is None:
        return False
    try:
        if _is_harmful(job):
            raise FileHarmful(_("A check for harmful software stopped this file. Nothing of it was done."))
        with transaction.atomic(), translation.override(job.language):
            return _plan(job_id, now)
    except (FileNotFoundError, CannotOpen):
        lost = FileLost(_("The file could not be read again. Nothing of it was done; send it again."))
        fail_job(job_id=job_id, problem=lost, now=now)
    except FileHarmful as problem:
        fail_job(job_id=job_id, problem=problem, now=now)
    except DomainError as refusal:  # of the scanner
        raise_alert_if_possible("bulk.not_scanned", job=str(job.key), error=refusal.user_message)
    return False


def _is_harmful(job: BulkJob) -> bool:
    """Have the file looked at by what looks at the papers people send, where that knows about texts."""
    scan = import_string(settings.BULK_JOB_SCANNER)
    found = scan(b"".join(content_of(job)))
    end_alert("bulk.not_scanned")
    return bool(found)


def _plan(job_id: int, now: datetime) -> bool:
    job = BulkJob.objects.select_for_update(skip_locked=True).filter(pk=job_id).first()
    if job is None or job.status != BulkJob.Status.QUEUED or job.planned_at:
        return False
    lines = lines_of(content_of(job), file_format=job.file_format, encoding=job.encoding)
    numbered = enumerate(lines, start=1)
    count = 0
    ranges: list[JobRange] = []
    while batch := list(itertools.islice(numbered, BATCH)):
        rows = [_row(job, number, line) for number, line in batch]
        JobLine.objects.bulk_create(rows)
        for start in range(0, len(rows), RANGE):
            part = rows[start : start + RANGE]
            refused = sum(row.outcome == JobLine.Outcome.REFUSED for row in part)
            ranges.append(JobRange(job=job, first=part[0].number, end=part[-1].number + 1, refused=refused))
        count += len(rows)
    assert count == job.lines, "the file is not the one that was counted"
    JobRange.objects.bulk_create(ranges)
    job.status, job.planned_at = BulkJob.Status.RUNNING, now
    job.save(update_fields=["status", "planned_at"])
    end_alert("bulk.job_failed", subject=job.partner.code)  # the partner has sent one that can be read
    return True


def _row(job: BulkJob, number: int, line: Line) -> JobLine:
    row = JobLine(job=job, number=number, line=line.line, data=line.values, raw=line.raw)
    if line.problem:
        row.outcome, row.code, row.detail = JobLine.Outcome.REFUSED, line.problem.code, line.problem.user_message
    return row
