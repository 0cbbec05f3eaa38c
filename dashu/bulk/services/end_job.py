"""The end of a job: its lines are all done, it was cancelled, or it cannot be done at all."""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.bulk.models import BulkJob, JobLine, JobRange
from dashu.kernel.errors import DomainError
from dashu.webhooks.services import record

ACTOR = "system:bulk"

Status, Approval = BulkJob.Status, BulkJob.Approval


class JobEnded(DomainError):
    """The job has ended; what it did stays."""

    code = "job_ended"
    http_status = 409


@transaction.atomic
def finish_job(*, job_id: int, now: datetime) -> BulkJob | None:
    """
    End a job of which no line waits any more. Safe to call at any time by anyone.

    A job at which a person has to look waits for them once its lines are checked, unless all were refused.

    :returns: the job, when this call ended it or made it wait; None when it was not the time, or somebody else did.
    """
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    if job.status != Status.RUNNING or job.ranges.filter(status__in=JobRange.OPEN).exists():
        return None
    _count(job)
    if job.approval == Approval.CHECKING and job.done:
        job.status, job.approval = Status.QUEUED, Approval.WAITING
        job.save(update_fields=["status", "approval", "done", "known", "refused"])
        raise_alert("bulk.job_waits", subject=str(job.key), name=job.partner.name, count=job.done, job=str(job.key))
        return job
    _end(job, Status.DONE_WITH_REFUSALS if job.refused else Status.DONE, now=now, actor=ACTOR)
    return job


@transaction.atomic
def cancel_job(*, job_id: int, now: datetime, actor: str) -> BulkJob:
    """
    Stop a job between two lines. What is booked stays, and the lines that were not begun are left.

    Cancelling again changes nothing.

    :raises JobEnded: there is nothing to stop any more.
    """
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    if job.status == Status.CANCELLED:
        return job
    if not job.is_open:
        raise JobEnded(_("This job has ended already. What it did stays."))
    # Each worker holds its range for as long as a line takes, so this waits for the lines that are being worked.
    job.ranges.filter(status__in=JobRange.OPEN).update(status=JobRange.Status.CANCELLED)
    _count(job)
    if job.approval in (Approval.CHECKING, Approval.WAITING):
        take_back_check(job)
        job.approval = Approval.NONE
    _end(job, Status.CANCELLED, now=now, actor=actor)
    end_alert("bulk.job_waits", subject=str(job.key))
    return job


@transaction.atomic
def fail_job(*, job_id: int, problem: DomainError, now: datetime) -> None:
    """End a job of which nothing was done and nothing can be; one that has gone on meanwhile is left alone."""
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    if job.status != Status.QUEUED:
        return
    end_undone(job, problem=problem, now=now, actor=ACTOR)
    raise_alert("bulk.job_failed", subject=job.partner.code, job=str(job.key), name=job.partner.name, error=job.problem)


def end_undone(job: BulkJob, *, problem: DomainError, now: datetime, actor: str) -> None:
    """End a job that the caller has locked, with nothing of it done, and say why in the language of the job."""
    with translation.override(job.language):
        job.problem_code, job.problem = problem.code, problem.user_message
    take_back_check(job)
    _end(job, Status.FAILED, now=now, actor=actor)
    end_alert("bulk.job_waits", subject=str(job.key))


def take_back_check(job: BulkJob) -> None:
    """Let the lines that passed a check wait again: nothing was done about them. The caller has locked the job."""
    checked = JobLine.objects.filter(job=job, outcome__in=(JobLine.Outcome.DONE, JobLine.Outcome.KNOWN))
    checked.update(outcome=JobLine.Outcome.WAITING, result={})
    job.ranges.update(done=0, known=0)
    job.done = job.known = 0


def _count(job: BulkJob) -> None:
    """Take over what the ranges counted."""
    sums = job.ranges.aggregate(done=Sum("done"), known=Sum("known"), refused=Sum("refused"))
    for name, count in sums.items():
        setattr(job, name, count or 0)


def _end(job: BulkJob, status: str, *, now: datetime, actor: str) -> None:
    job.status, job.ended_at = status, now
    job.save(
        update_fields=[
            "status", "approval", "ended_at", "done", "known", "refused", "problem_code", "problem",
        ]
    )  # fmt: skip
    end_alert("bulk.line_fails", subject=str(job.key))
    audit.record(
        action=f"bulk.job_{status.lower()}",
        subject_type="bulk_job",
        subject_id=job.key,
        actor=actor,
        data={"done": job.done, "known": job.known, "refused": job.refused},
    )
    record(
        partner_id=job.partner_id,
        type="job.finished",
        subject=str(job.key),
        data={
            "job": str(job.key),
            "kind": job.kind,
            "status": job.status,
            "rows": job.lines,
            "done": job.done + job.known,
            "refused": job.refused,
        },
    )
