"""Bulk jobs: a file of quotes, payments or loans, worked line by line in the background."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from dashu.api import job_examples as examples
from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.file_examples import file_example
from dashu.api.idempotency import answer_once
from dashu.api.job_files import CSV, JSON_LINES, CsvRenderer, JsonLinesRenderer, refused_file, results_csv, results_file
from dashu.api.job_serializers import JobIn, JobLineOut, JobOut, JobPage, JobQuery, JobsQuery, shown
from dashu.api.pagination import InvalidCursor, asked_list, newest_first
from dashu.api.parsing import LengthRequired, StrictMultiPartParser
from dashu.api.permissions import InsufficientScope
from dashu.api.reading import only
from dashu.api.schema import (
    IDEMPOTENCY_KEY,
    KEYED,
    QUERY,
    UPLOAD,
    Refusal,
    problems,
)
from dashu.api.views import PartnerView
from dashu.bulk.kinds import kind_of
from dashu.bulk.models import BulkJob
from dashu.bulk.reading import FileNotReadable
from dashu.bulk.services.end_job import JobEnded, cancel_job
from dashu.bulk.services.upload_job import (
    FileTooLarge,
    JobFile,
    TooManyJobs,
    read_job_file,
    stored_file,
    upload_job,
)
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of

JOB = OpenApiParameter("job", str, OpenApiParameter.PATH, description="`id` of the job.")
PERSONAL = "borrowers:personal"
LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, response=["202"], description="The address of the job."
)
_CHOICE = Refusal(422, "invalid_choice", "There is no such kind, format or status.")


class JobNotFound(DomainError):
    """The partner has no such job."""

    code = "job_not_found"
    http_status = 404


class JobNotEnded(DomainError):
    """Not every line is done yet; ask again when the job has ended."""

    code = "job_not_ended"
    http_status = 409


class ResultsGone(DomainError):
    """Files and results are deleted 30 days after the job has ended; a job that failed as a whole has none."""

    code = "results_gone"
    http_status = 404


class Jobs(PartnerView):
    scopes = {"GET": ["jobs:read"], "POST": ["jobs:write"]}
    parser_classes = [StrictMultiPartParser]

    @extend_schema(
        operation_id="list_jobs",
        summary="List the bulk jobs of this partner, the newest first",
        tags=["jobs"],
        parameters=[JobsQuery],
        responses={200: JobPage, **problems(*QUERY, InvalidCursor, _CHOICE)},
        examples=[OpenApiExample("one job", value=examples.JOBS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(JobsQuery, request.query_params.dict())
        jobs = BulkJob.objects.visible_to(request.user).filter(partner=request.partner)
        if "ids" in query:
            jobs = jobs.filter(key__in=query["ids"])
        for name in ("kind", "status"):
            if value := query.get(name):
                jobs = jobs.filter(**{name: value})
        page = newest_first(jobs, limit=query["limit"], cursor=query["cursor"], of=asked_list(request))
        document = {"results": shown(page.rows, now=lender_now()), "next_cursor": page.next_cursor}
        return Response(only(document, query.get("fields")))

    @extend_schema(
        operation_id="upload_job",
        summary="Send a file whose lines are worked in the background",
        description=(
            "Beside `jobs:write` the token needs the scope of the kind: `quotes`, `payments:write`, or for `tape` "
            "`applications:write`. A file that cannot be taken as a whole is refused at once; what is wrong with a "
            "line is said of that line, and the others are worked. Sent again under another key, payments that are "
            "booked are `KNOWN` by their references. Loans of a `tape` are checked, and become real when a person of "
            "the lender has looked at them. `file` is CSV or JSON lines: see the guide to bulk jobs."
        ),
        tags=["jobs"],
        parameters=[IDEMPOTENCY_KEY, LOCATION],
        request={"multipart/form-data": JobIn},
        responses={
            202: JobOut,
            **problems(
                *UPLOAD,
                Refusal(422, "invalid_input", "`file` is no file, or `check_only` neither true nor false."),
                _CHOICE,
                FileNotReadable,
                FileTooLarge,
                TooManyJobs,
            ),
        },
        examples=[
            OpenApiExample("payments", value=examples.UPLOAD, request_only=True, media_type="multipart/form-data"),
            OpenApiExample("payments", value=examples.QUEUED, response_only=True, status_codes=["202"]),
        ],
    )
    def post(self, request: PartnerRequest) -> Response:
        now = lender_now()
        given = checked(JobIn, request.data)
        kind = kind_of(given["kind"])
        _refuse_without(request, kind.scope)
        sent = given["file"]
        file = read_job_file(sent.file, kind=kind, name=sent.name, file_format=given.get("format"))
        with stored_file(file, now=now) as stored_as:
            response = answer_once(
                request,
                lambda: self._upload(request, file, stored_as, check_only=given["check_only"], now=now),
                asked=[kind.code, file.name, file.file_format, file.sha256, given["check_only"]],
            )
        response["Location"] = response.data["links"]["self"]
        return response

    def _upload(
        self, request: PartnerRequest, file: JobFile, stored_as: str, *, check_only: bool, now: datetime
    ) -> Response:
        job = upload_job(
            partner=request.partner,
            file=file,
            stored_as=stored_as,
            check_only=check_only,
            language=translation.get_language() or "",
            now=now,
            actor=actor_of(request),
        )
        return Response(shown([job], now=now)[0], status=202)


class JobDetail(PartnerView):
    scopes = {"GET": ["jobs:read"]}

    @extend_schema(
        operation_id="get_job",
        summary="Read how far a bulk job is",
        tags=["jobs"],
        parameters=[JOB, JobQuery],
        responses={200: JobOut, **problems(*QUERY, JobNotFound)},
        examples=[
            OpenApiExample("at work", value=examples.RUNNING, response_only=True, status_codes=["200"]),
            OpenApiExample("ended", value=examples.ENDED, response_only=True, status_codes=["200"]),
        ],
    )
    def get(self, request: PartnerRequest, job: str) -> Response:
        query = checked(JobQuery, request.query_params.dict())
        return Response(only(shown([visible_job(request, job)], now=lender_now())[0], query.get("fields")))


class JobCancellation(PartnerView):
    scopes = {"POST": ["jobs:write"]}

    @extend_schema(
        operation_id="cancel_job",
        summary="Stop a bulk job between two lines; what is booked stays, and the answer says how much that is",
        description="Beside `jobs:write` the token needs the scope of the kind, as for the upload.",
        tags=["jobs"],
        parameters=[JOB, IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: JobOut,
            **problems(
                LengthRequired,
                *KEYED,
                JobNotFound,
                JobEnded,
            ),
        },
        examples=[OpenApiExample("cancelled", value=examples.CANCELLED, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, job: str) -> Response:
        return answer_once(request, lambda: self._cancel(request, job, now=lender_now()), asked="")

    def _cancel(self, request: PartnerRequest, key: str, *, now: datetime) -> Response:
        found = visible_job(request, key)
        _refuse_without(request, kind_of(found.kind).scope)
        job = cancel_job(job_id=found.pk, now=now, actor=actor_of(request))
        return Response(shown([job], now=now)[0])


class JobResults(PartnerView):
    scopes = {"GET": ["jobs:read"]}
    renderer_classes = [JsonLinesRenderer, CsvRenderer]

    @extend_schema(
        operation_id="get_job_results",
        summary="Read what became of each line, in the order of the file",
        description=(
            "JSON lines, or CSV where `Accept` asks for `text/csv`: one line for each line of the input. `NOT_DONE` "
            "are lines that a cancelled or declined job has left. Kept for 30 days after the job has ended. Beside "
            "`jobs:read` the token needs the scope of the kind, as for the upload."
        ),
        tags=["jobs"],
        parameters=[JOB],
        responses={
            (200, JSON_LINES): OpenApiResponse(JobLineOut, description="One such object a line."),
            (200, CSV): OpenApiTypes.STR,
            **problems(JobNotFound, JobNotEnded, ResultsGone),
        },
        examples=[
            OpenApiExample(
                "done", value=examples.RESULT, response_only=True, status_codes=["200"], media_type=JSON_LINES
            ),
            OpenApiExample(
                "refused",
                value=examples.RESULT_REFUSED,
                response_only=True,
                status_codes=["200"],
                media_type=JSON_LINES,
            ),
            file_example("done", "".join(results_csv([examples.RESULT])), media_type=CSV),
        ],
    )
    def get(self, request: PartnerRequest, job: str) -> StreamingHttpResponse:
        return results_file(job_with_results(request, job), request.accepted_renderer.media_type)


class JobRefused(PartnerView):
    scopes = {"GET": ["jobs:read"]}
    renderer_classes = [JsonLinesRenderer, CsvRenderer]

    @extend_schema(
        operation_id="get_job_refused",
        summary="Read the refused lines as a file that can be mended and sent again",
        description=(
            "In the form of the upload. `refused_line`, `refused_code` and `refused_detail` stand beside each line; "
            "a file that is sent again with them is read without them. Beside `jobs:read` the token needs the scope of "
            "the kind, as for the upload. Without `borrowers:personal` the names of borrowers in a `tape` are masked, "
            "and lines that could not be read at all are left out; such a file is not fit to be sent again."
        ),
        tags=["jobs"],
        parameters=[JOB],
        responses={
            (200, JSON_LINES): OpenApiResponse(OpenApiTypes.OBJECT, description="One such object a line."),
            (200, CSV): OpenApiTypes.STR,
            **problems(JobNotFound, JobNotEnded, ResultsGone),
        },
        examples=[
            OpenApiExample(
                "unknown loan",
                value=examples.REFUSED_LINE,
                response_only=True,
                status_codes=["200"],
                media_type=JSON_LINES,
            ),
            file_example("unknown loan", examples.REFUSED_CSV, media_type=CSV),
        ],
    )
    def get(self, request: PartnerRequest, job: str) -> StreamingHttpResponse:
        found = job_with_results(request, job)
        hidden = () if _allows(request, PERSONAL) else kind_of(found.kind).personal
        return refused_file(found, hidden=hidden)


def _allows(request: PartnerRequest, scope: str) -> bool:
    token: Any = request.auth
    return bool(token.allow_scopes([scope]))


def _refuse_without(request: PartnerRequest, scope: str) -> None:
    """:raises InsufficientScope: see there."""
    if not _allows(request, scope):
        raise InsufficientScope(
            _("This token lacks the scope %(scope)s. Get one that has it."), params={"scope": scope}
        )


def visible_job(request: PartnerRequest, key: str) -> BulkJob:
    """
    Return the job with this id; another partner's is as unknown as one that does not exist.

    :raises JobNotFound: the partner sees no such job.
    """
    try:
        job = BulkJob.objects.visible_to(request.user).filter(key=UUID(key)).first()
    except ValueError:
        job = None
    if job is None:
        raise JobNotFound(_("There is no such job."), field="job")
    return job


def job_with_results(request: PartnerRequest, key: str) -> BulkJob:
    """
    Return a job of which the lines can be read.

    :raises InsufficientScope: the token lacks the scope of the kind.
    :raises JobNotEnded, ResultsGone: see there.
    """
    job = visible_job(request, key)
    _refuse_without(request, kind_of(job.kind).scope)
    if not job.has_results:
        raise JobNotEnded(_("This job is still at work. Ask again when it has ended."))
    if job.erased_at or job.planned_at is None:
        raise ResultsGone(_("This job has no results (any more): they are deleted 30 days after its end."))
    return job
