"""Papers for partners: statements of account and settlement certificates of the loans they brought."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.file_examples import beginning_example
from dashu.api.idempotency import answer_once
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, QUERY, WRITE, Refusal, problems
from dashu.api.views import PartnerView
from dashu.documents.codes import read_code
from dashu.kernel.dates import InvalidDate, lender_now, midnight
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.actors import actor_of
from repayments.api import examples
from repayments.api.seeing import NUMBER, visible_loan
from repayments.api.serializers import DocumentIn, DocumentOut, DocumentsOut, DocumentsQuery
from repayments.models import IssuedDocument, IssuedFile
from repayments.papers.serving import CONTENT_TYPES, file_response, site_of
from repayments.services.booking import LoanNotFound
from repayments.services.documents import (
    DocumentNotFound,
    LoanNotPaidOut,
    LoanNotSettled,
    StatementPeriodInvalid,
    hand_out,
    issue_certificate,
    issue_statement,
)

SHOWN = 50
CODE = OpenApiParameter("code", str, OpenApiParameter.PATH, description="Its verification code.")
FORMAT = OpenApiParameter(
    "file_format", str, OpenApiParameter.PATH, enum=["pdf", "xlsx"], description="A certificate has no `xlsx`."
)


class Documents(PartnerView):
    scopes = {"GET": ["loans:read"], "POST": ["documents:write"]}

    @extend_schema(
        operation_id="list_documents",
        summary="List the papers issued about a loan, newest first",
        tags=["documents"],
        parameters=[NUMBER, DocumentsQuery],
        responses={
            200: DocumentsOut,
            **problems(
                *QUERY,
                LoanNotFound,
                InvalidDate,
                Refusal(422, "invalid_choice", "There is no such kind or language."),
            ),
        },
        examples=[OpenApiExample("one", value=examples.DOCUMENTS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(DocumentsQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        found = _filtered(IssuedDocument.objects.visible_to(request.user).filter(loan=loan), query)
        files = Prefetch("files", queryset=IssuedFile.objects.defer("content"))
        rows = DocumentOut(found.select_related("loan").prefetch_related(files)[:SHOWN], many=True).data
        return Response({"documents": [only(row, query.get("fields")) for row in rows]})

    @extend_schema(
        operation_id="issue_document",
        summary="Issue a statement of account, or the settlement certificate of a loan that is paid off",
        description="Asked again with nothing changed, it is the paper that was issued first.",
        tags=["documents"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=DocumentIn,
        responses={
            201: DocumentOut,
            **problems(
                *WRITE,
                Refusal(422, "invalid_choice", "There is no such kind or language."),
                Refusal(422, "invalid_date", "The date is not written as year-month-day."),
                LoanNotFound,
                LoanNotSettled,
                LoanNotPaidOut,
                StatementPeriodInvalid,
                PolicyRuleMissing,
            ),
        },
        examples=[
            OpenApiExample("statement", value=examples.DOCUMENT_IN, request_only=True),
            OpenApiExample("statement", value=examples.DOCUMENT, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, number: str) -> Response:
        return answer_once(request, lambda: self._issue(request, number, now=lender_now()))

    def _issue(self, request: PartnerRequest, number: str, *, now: datetime) -> Response:
        given = checked(DocumentIn, request.data)
        is_statement = given.pop("kind") == IssuedDocument.Kind.STATEMENT_OF_ACCOUNT
        about: dict[str, Any] = {
            "loan_id": visible_loan(request, number).pk,
            "now": now,
            "site": site_of(request),
            "actor": actor_of(request),
            **given,
        }
        document = issue_statement(**about) if is_statement else issue_certificate(**about)
        return Response(DocumentOut(document).data, status=201)


class DocumentFile(PartnerView):
    scopes = {"GET": ["loans:read"]}

    @extend_schema(
        operation_id="download_document",
        summary="Download a file of a paper",
        tags=["documents"],
        parameters=[NUMBER, CODE, FORMAT],
        responses={
            **{(200, content_type): OpenApiTypes.BINARY for content_type in CONTENT_TYPES.values()},
            **problems(LoanNotFound, DocumentNotFound),
        },
        examples=[beginning_example(content_type) for content_type in CONTENT_TYPES.values()],
    )
    def get(self, request: PartnerRequest, number: str, code: str, file_format: str) -> HttpResponse:
        loan = visible_loan(request, number)
        document = IssuedDocument.objects.filter(loan=loan, code=read_code(code) or "").first()
        if document is None:
            raise DocumentNotFound(_("There is no such document of this loan."), field="code")
        return file_response(document, hand_out(document, format=file_format, actor=actor_of(request)))


def _filtered(documents: QuerySet[IssuedDocument], query: Mapping[str, Any]) -> QuerySet[IssuedDocument]:
    first, last = query.get("issued_from"), query.get("issued_to")
    asked = {
        "kind": query.get("kind"),
        "language": query.get("language"),
        "revoked_at__isnull": None if "is_revoked" not in query else not query["is_revoked"],
        "issued_at__gte": first and midnight(first),
        "issued_at__lt": last and midnight(last + timedelta(days=1)),
    }
    return documents.filter(**{name: value for name, value in asked.items() if value is not None})
