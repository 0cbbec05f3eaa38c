"""Which jobs have work, and how far they are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from dashu.bulk.models import BulkJob, JobLine, JobRange

# The event's task gets this long before the sweep takes over.
PATIENCE = timedelta(minutes=1)
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Progress:
    """
    Lines of a job by what became of them.

    :param ends_at: when it will end if it goes on as until now; None where nothing can be said.
    """

    lines: int
    done: int = 0
    known: int = 0
    refused: int = 0
    ends_at: datetime | None = None

    @property
    def waiting(self) -> int:
        return self.lines - self.done - self.known - self.refused

    @property
    def percent(self) -> int:
        return (self.lines - self.waiting) * 100 // self.lines if self.lines else 100


def progress_of(jobs: Iterable[BulkJob], *, now: datetime) -> dict[int, Progress]:
    """Return the progress by the job's id; one query, and only for those that run."""
    jobs = list(jobs)
    running = [job.pk for job in jobs if job.status == BulkJob.Status.RUNNING]
    sums = JobRange.objects.filter(job__in=running).order_by().values("job_id")
    sums = sums.annotate(of_done=Sum("done"), of_known=Sum("known"), of_refused=Sum("refused"))
    counts = {row["job_id"]: row for row in sums} if running else {}
    return {job.pk: _progress(job, counts.get(job.pk), now) for job in jobs}


def _progress(job: BulkJob, counted: Mapping[str, Any] | None, now: datetime) -> Progress:
    if counted is None:
        return Progress(job.lines, job.done, job.known, job.refused)
    so_far = Progress(job.lines, counted["of_done"], counted["of_known"], counted["of_refused"])
    worked = so_far.lines - so_far.waiting
    if not worked or job.planned_at is None or job.planned_at >= now:
        return so_far
    ends_at = now + (now - job.planned_at) * so_far.waiting / worked
    return Progress(so_far.lines, so_far.done, so_far.known, so_far.refused, ends_at.replace(microsecond=0))


def jobs_to_start(*, now: datetime) -> list[int]:
    """Return the jobs whose lines nobody has read, oldest first."""
    queued = BulkJob.objects.filter(status=BulkJob.Status.QUEUED, planned_at=None, created_at__lte=now - PATIENCE)
    return list(queued.order_by("pk").values_list("pk", flat=True))


def jobs_at_work() -> list[int]:
    """Return the jobs that run, oldest first; each may have lost its worker."""
    return list(BulkJob.objects.filter(status=BulkJob.Status.RUNNING).order_by("pk").values_list("pk", flat=True))


def ranges_left(job_id: int) -> int:
    return JobRange.objects.filter(job_id=job_id, status__in=JobRange.OPEN).count()


def lines_in_order(job: BulkJob, *, only_refused: bool = False) -> Iterator[JobLine]:
    """Yield the lines in the order of the file, a batch at a time, however many there are."""
    lines = JobLine.objects.filter(job=job).order_by("number")
    if only_refused:
        lines = lines.filter(outcome=JobLine.Outcome.REFUSED)
    after = 0
    while batch := list(lines.filter(number__gt=after)[:BATCH]):
        yield from batch
        after = batch[-1].number
