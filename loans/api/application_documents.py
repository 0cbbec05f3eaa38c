"""Papers of an application from a partner's program: checked as in the browser, and not to be read back."""

from datetime import datetime

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.parsing import StrictMultiPartParser
from dashu.api.reading import only
from dashu.api.schema import (
    IDEMPOTENCY_KEY,
    QUERY,
    UPLOAD,
    Refusal,
    problems,
)
from dashu.api.views import PartnerView
from dashu.kernel.dates import lender_date, lender_now
from dashu.users.actors import actor_of
from loans.api import application_examples as examples
from loans.api.application_serializers import PaperIn, PaperOut, PapersOut, PapersQuery
from loans.api.applications import REFERENCE, visible_application
from loans.domain.document_files import MOST_BYTES, DocumentFile, DocumentRefused, Reason, read_document
from loans.domain.wanted_papers import wanted_papers
from loans.models import Application
from loans.services.add_document import TooManyDocuments, add_stored_document
from loans.services.application_rows import ApplicationNotFound, ApplicationStateChanged
from loans.services.document_contents import new_content


class ApplicationDocuments(PartnerView):
    scopes = {"GET": ["applications:read"], "POST": ["applications:write"]}
    parser_classes = [StrictMultiPartParser]

    @extend_schema(
        operation_id="list_application_documents",
        summary="List the papers of an application, what became of each, and which are still wanted",
        tags=["applications"],
        parameters=[REFERENCE, PapersQuery],
        responses={200: PapersOut, **problems(*QUERY, ApplicationNotFound)},
        examples=[OpenApiExample("one", value=examples.PAPERS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, reference: str) -> Response:
        query = checked(PapersQuery, request.query_params.dict())
        application = visible_application(request, reference)
        papers = list(application.documents.kept())
        given = {paper.kind for paper in papers if not paper.refused_because}
        shown = PapersOut({"documents": papers, "wanted": wanted_papers(application.product.kind, given)}).data
        return Response({**shown, "documents": [only(paper, query.get("fields")) for paper in shown["documents"]]})

    @extend_schema(
        operation_id="add_application_document",
        summary="Send a paper, while the application is filled in or looked at",
        description=(
            "The same content again is the paper that is there. `details.reason` of `document_refused` says what is "
            "wrong with a file; it may also be refused later, when it is scanned: see the list."
        ),
        tags=["applications"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY],
        request={"multipart/form-data": PaperIn},
        responses={
            201: PaperOut,
            **problems(
                *UPLOAD,
                Refusal(422, "invalid_choice", "There is no such kind."),
                Refusal(422, "invalid_input", "`file` is no file."),
                ApplicationNotFound,
                ApplicationStateChanged,
                TooManyDocuments,
                DocumentRefused,
            ),
        },
        examples=[
            OpenApiExample("payslip", value=examples.PAPER_IN, request_only=True, media_type="multipart/form-data"),
            OpenApiExample("payslip", value=examples.PAPER, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, reference: str) -> Response:
        now = lender_now()
        given = checked(PaperIn, request.data)
        application = visible_application(request, reference)
        if given["file"].size > MOST_BYTES:
            raise DocumentRefused(Reason.TOO_LARGE)
        file = read_document(given["file"].read(), name=given["file"].name)
        with new_content(file.content, on=lender_date(now)) as stored_as:
            return answer_once(
                request,
                lambda: self._add(request, application, given["kind"], file, stored_as, now=now),
                asked=[given["kind"], file.name, file.sha256],
            )

    def _add(
        self,
        request: PartnerRequest,
        application: Application,
        kind: str,
        file: DocumentFile,
        stored_as: str,
        *,
        now: datetime,
    ) -> Response:
        document = add_stored_document(
            application_id=application.pk, kind=kind, file=file, stored_as=stored_as, now=now, actor=actor_of(request)
        )
        return Response(PaperOut(document).data, status=201)
