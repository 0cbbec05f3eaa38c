"""A person of the lender looks at a job whose lines were checked, and lets it become real or not."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.alerts.services import end_alert
from dashu.audit import services as audit
from dashu.bulk.models import BulkJob, JobRange
from dashu.bulk.services.end_job import ACTOR, end_undone, take_back_check
from dashu.kernel.errors import DomainError, InvalidInput

LONGEST_NOTE = 500
WAITS_FOR = timedelta(days=30)

Status, Approval = BulkJob.Status, BulkJob.Approval


class JobDeclined(DomainError):
    """The lender looked at the job and did not let it become real."""

    code = "job_declined"


class JobNotWaiting(DomainError):
    """The job does not wait for a person (any more)."""

    code = "job_not_waiting"
    http_status = 409


@transaction.atomic
def approve_job(*, job_id: int, actor: str) -> BulkJob:
    """
    Let the lines that passed the check be worked for good.

    Approving again changes nothing.

    :raises JobNotWaiting: see there.
    """
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    if job.approval == Approval.APPROVED:
        return job
    _refuse_unless_waiting(job)
    take_back_check(job)
    job.ranges.update(status=JobRange.Status.WAITING, claim=None, attempts=0, next_at=None)
    job.status, job.approval = Status.RUNNING, Approval.APPROVED
    job.save(update_fields=["status", "approval", "done", "known"])
    end_alert("bulk.job_waits", subject=str(job.key))
    audit.record(action="bulk.job_approved", subject_type="bulk_job", subject_id=job.key, actor=actor)
    events.publish("bulk.job_goes_on", job_id=job.pk)
    return job


@transaction.atomic
def decline_job(*, job_id: int, note: str, now: datetime, actor: str) -> BulkJob:
    """
    End a job that waits, with nothing of it done.

    :param note: why, for the partner. :raises JobNotWaiting: see there. :raises InvalidInput: it says nothing.
    """
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    _refuse_unless_waiting(job)
    note = note.strip()
    if not 0 < len(note) <= LONGEST_NOTE:
        raise InvalidInput(
            _("Say why in at most %(most)s characters; the partner reads it."),
            field="note",
            params={"most": LONGEST_NOTE},
        )
    job.approval = Approval.DECLINED
    end_undone(job, problem=JobDeclined(note), now=now, actor=actor)
    return job


def decline_forgotten(*, now: datetime) -> int:
    """Decline the jobs at which nobody looked for a month, and return how many there were."""
    old = BulkJob.objects.filter(approval=Approval.WAITING, planned_at__lte=now - WAITS_FOR)
    note = _("Nobody decided on this job for 30 days. Nothing of it was done; send it again or ask the lender.")
    for job_id in (ids := list(old.values_list("pk", flat=True))):
        with transaction.atomic():
            job = BulkJob.objects.select_for_update().get(pk=job_id)
            if job.approval == Approval.WAITING:
                job.approval = Approval.DECLINED
                end_undone(job, problem=JobDeclined(note), now=now, actor=ACTOR)
    return len(ids)


def _refuse_unless_waiting(job: BulkJob) -> None:
    if job.approval != Approval.WAITING:
        raise JobNotWaiting(_("This job does not wait for a decision."))
