"""What a partner sent and what became of each line is kept for 30 days after the job; the job itself stays."""

from datetime import datetime, timedelta

from dashu.alerts.services import end_alert
from dashu.bulk.files import erase_file, remove_orphans
from dashu.bulk.models import BulkJob, JobLine

KEPT_FOR = timedelta(days=30)
BATCH = 5_000


def forget_files(*, now: datetime) -> int:
    """Delete the lines and files of old jobs, and files that no job names; return how many jobs it was."""
    old = (
        BulkJob.objects.filter(ended_at__lte=now - KEPT_FOR, erased_at=None)
        .select_related("partner")
        .order_by("ended_at")
    )
    count = 0
    for job in list(old):
        _erase(job, now)
        count += 1
    remove_orphans(now=now)
    return count


def _erase(job: BulkJob, now: datetime) -> None:
    """Lines in batches, each committed; cut short, the next night goes on."""
    while ids := list(JobLine.objects.filter(job=job).order_by("number").values_list("pk", flat=True)[:BATCH]):
        JobLine.objects.filter(pk__in=ids).delete()
    job.ranges.all().delete()
    erase_file(job)
    if job.status == BulkJob.Status.FAILED:
        end_alert("bulk.job_failed", subject=job.partner.code)
    BulkJob.objects.filter(pk=job.pk).update(erased_at=now, stored_as="")
