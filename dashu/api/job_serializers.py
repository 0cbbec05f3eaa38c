"""Bulk jobs as partners send and read them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from dashu.api.bulk_reading import BulkQuery, KeysField
from dashu.api.fields import StrictSerializer, TruthWordField
from dashu.api.reading import ReadQuery
from dashu.bulk.models import BulkJob, JobLine
from dashu.bulk.selectors import Progress, progress_of
from dashu.bulk.services.forget_files import KEPT_FOR


class JobIn(StrictSerializer):
    """A form with one file, `multipart/form-data`."""

    kind = serializers.ChoiceField(choices=sorted(settings.BULK_JOB_KINDS))
    file = serializers.FileField(
        allow_empty_file=True,
        max_length=500,
        help_text="CSV or JSON lines, in UTF-8 (with or without BOM) or GB18030, at most 10 MB.",
    )
    format = serializers.ChoiceField(
        choices=BulkJob.Format.values, required=False, help_text="Without it, the file's name and beginning decide."
    )
    check_only = TruthWordField(
        default=False, help_text="Work every line and take it back: says what would become of it, and writes nothing."
    )


class JobLinesOut(serializers.Serializer):
    """Lines by what became of them. Of a job that only checks, and while it checks, nothing of it is written."""

    total = serializers.IntegerField()
    done = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Were here before, and were not written again.")
    refused = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Once the job has ended: left undone.")


class JobProblemOut(serializers.Serializer):
    code = serializers.CharField(help_text="Stable; branch on it.")
    detail = serializers.CharField()


class JobLinksOut(serializers.Serializer):
    """Addresses; null where there is nothing to be had (any more)."""

    self = serializers.CharField()
    cancel = serializers.CharField(allow_null=True)
    results = serializers.CharField(allow_null=True)
    refused = serializers.CharField(allow_null=True)


class JobOut(serializers.Serializer):
    """A file that is worked line by line."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(choices=BulkJob.Status.values)
    check_only = serializers.BooleanField()
    approval = serializers.ChoiceField(
        choices=[value for value in BulkJob.Approval.values if value],
        allow_null=True,
        help_text="Of a kind at which a person of the lender looks before anything becomes real.",
    )
    file_name = serializers.CharField()
    format = serializers.ChoiceField(choices=BulkJob.Format.values)
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    lines = JobLinesOut()
    percent = serializers.IntegerField(help_text="Of the lines, 0 to 100.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    estimated_end_at = serializers.DateTimeField(allow_null=True, help_text="If it goes on as until now.")
    ended_at = serializers.DateTimeField(allow_null=True)
    results_until = serializers.DateTimeField(allow_null=True, help_text="Then the file and its results are deleted.")
    problem = JobProblemOut(allow_null=True, help_text="Why the job failed as a whole.")
    links = JobLinksOut()


class JobQuery(ReadQuery):
    """The query parameters of one job."""

    shape = JobOut


class JobsQuery(BulkQuery):
    """The query parameters of the list of jobs."""

    shape = JobOut

    ids = KeysField()
    kind = serializers.ChoiceField(choices=sorted(settings.BULK_JOB_KINDS), required=False)
    status = serializers.ChoiceField(choices=BulkJob.Status.values, required=False)


class JobPage(serializers.Serializer):
    results = JobOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class JobLineOut(serializers.Serializer):
    """What became of one line."""

    line = serializers.IntegerField(help_text="Of the file; the heading of a CSV file is line 1.")
    outcome = serializers.ChoiceField(choices=["DONE", "KNOWN", "REFUSED", "NOT_DONE"])
    code = serializers.CharField(allow_null=True, help_text="Stable; why the line is refused.")
    detail = serializers.CharField(allow_null=True, help_text="In the language of the upload.")
    field = serializers.CharField(allow_null=True)
    result = serializers.DictField(help_text="What was made: ids, or a quote.")


def shown(jobs: Iterable[BulkJob], *, now: datetime) -> list[dict[str, Any]]:
    """Return the jobs as answers have them; one query for those that run."""
    jobs = list(jobs)
    progress = progress_of(jobs, now=now)
    return [dict(JobOut(_values(job, progress[job.pk])).data) for job in jobs]


def line_shown(line: JobLine) -> dict[str, Any]:
    is_open = line.outcome == JobLine.Outcome.WAITING
    return {
        "line": line.line,
        "outcome": "NOT_DONE" if is_open else line.outcome,
        "code": line.code or None,
        "detail": line.detail or None,
        "field": line.field or None,
        "result": line.result,
    }


def _values(job: BulkJob, progress: Progress) -> dict[str, Any]:
    here = reverse("api:job", args=[job.key])
    has_results = job.has_results and job.erased_at is None and job.planned_at is not None
    problem = {"code": job.problem_code, "detail": job.problem} if job.problem_code else None
    return {
        "id": job.key,
        "kind": job.kind,
        "status": job.status,
        "check_only": job.check_only,
        "approval": job.approval or None,
        "file_name": job.file_name,
        "format": job.file_format,
        "size": job.size,
        "sha256": job.sha256,
        "lines": {
            "total": progress.lines,
            "done": progress.done,
            "known": progress.known,
            "refused": progress.refused,
            "waiting": progress.waiting,
        },
        "percent": progress.percent,
        "created_at": job.created_at,
        "started_at": job.planned_at,
        "estimated_end_at": progress.ends_at,
        "ended_at": job.ended_at,
        "results_until": job.ended_at + KEPT_FOR if job.ended_at else None,
        "problem": problem,
        "links": {
            "self": here,
            "cancel": f"{here}/cancel" if job.is_open else None,
            "results": f"{here}/results" if has_results else None,
            "refused": f"{here}/refused" if has_results and progress.refused else None,
        },
    }
