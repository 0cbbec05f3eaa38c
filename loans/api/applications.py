"""Applications for partners: begun, answered, handed in, read and withdrawn by a program, for people it names."""

import json
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.conditional import PreconditionFailed, require_match, with_unshown
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.pagination import InvalidCursor, asked_list, newest_first
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, IF_MATCH, QUERY, WRITE, Refusal, problems
from dashu.api.views import PartnerView
from dashu.consents.services.ledger import ConsentNotHeld, ConsentTakenBack, ConsentTextOutdated
from dashu.kernel.dates import lender_now
from dashu.kernel.documents import Document, InvalidRate
from dashu.kernel.money import InvalidAmount
from dashu.users.actors import actor_of
from dashu.users.id_numbers import (
    InvalidCardNumber,
    InvalidCreditCode,
    InvalidIdNumber,
    InvalidLegalName,
    InvalidPhone,
)
from dashu.users.services.record_identity import IdentityInUse, IdentityVerified
from loans.api import application_examples as examples
from loans.api.application_serializers import (
    ANSWER_SCHEMA,
    ApplicationDetailQuery,
    ApplicationIn,
    ApplicationOut,
    ApplicationPage,
    ApplicationQuery,
    ConsentWithdrawalIn,
)
from loans.api.application_telling import shown
from loans.domain.application_facts import Step
from loans.domain.tranches import TooManyTranches, TrancheDateRefused, TranchesDifferFromAmount, TrancheTooSmall
from loans.models import Application
from loans.selectors.products import UnknownProduct
from loans.services.answer_step import StepUnknown, answer_step
from loans.services.application_rows import (
    ApplicationNotFound,
    ApplicationStateChanged,
    lock_applicant,
    lock_application,
)
from loans.services.apply_for_partner import Applicant, ApplicantDiffers, apply_for_partner
from loans.services.cards_to_pay import CardNotCredit, CardOfAnotherIssuer
from loans.services.create_loan import OutsideProduct
from loans.services.start_application import AnotherOpen
from loans.services.submit_application import (
    ApplicationIncomplete,
    GuaranteesOneself,
    GuarantorPhoneMissing,
    submit_application,
)
from loans.services.withdraw_application import withdraw_application
from loans.services.withdraw_consent import ConsentOfContract, withdraw_consent

REFERENCE = OpenApiParameter("reference", str, OpenApiParameter.PATH, description="`id` of the application.")
STEP = OpenApiParameter("step", str, OpenApiParameter.PATH, enum=[step.value for step in Step])
# What an answer can be refused for, whether it comes by itself or with all others.
ANSWER = (
    InvalidAmount,
    InvalidRate,
    InvalidIdNumber,
    InvalidCreditCode,
    InvalidCardNumber,
    CardOfAnotherIssuer,
    CardNotCredit,
    InvalidLegalName,
    InvalidPhone,
    IdentityVerified,
    IdentityInUse,
    OutsideProduct,
    TooManyTranches,
    TranchesDifferFromAmount,
    TrancheTooSmall,
    TrancheDateRefused,
    StepUnknown,
    ConsentTextOutdated,
    ConsentTakenBack,
    ApplicationStateChanged,
    UnknownProduct,
)


class Applications(PartnerView):
    scopes = {"GET": ["applications:read"], "POST": ["applications:write"]}

    @extend_schema(
        operation_id="list_applications",
        summary="List the applications this partner brought, newest first, without anything personal",
        tags=["applications"],
        parameters=[ApplicationQuery],
        responses={
            200: ApplicationPage,
            **problems(*QUERY, InvalidCursor, Refusal(422, "invalid_choice", "There is no such status.")),
        },
        examples=[OpenApiExample("one", value=examples.APPLICATIONS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(ApplicationQuery, request.query_params.dict())
        # Naming the partner again, by its key, is what lets the index of a partner's applications give the order.
        mine = Application.objects.visible_to(request.user).filter(partner=request.partner)
        found = mine.select_related("product", "borrower")
        if "ids" in query:
            found = found.filter(reference__in=query["ids"])
        if status := query.get("status"):
            found = found.filter(status=status)
        if borrower := query.get("borrower"):
            found = found.filter(borrower__external_id=borrower)
        page = newest_first(found, limit=query["limit"], cursor=query["cursor"], of=asked_list(request))
        document = ApplicationPage({"results": page.rows, "next_cursor": page.next_cursor}).data
        return Response(only(document, query.get("fields")))

    @extend_schema(
        operation_id="apply",
        summary="Apply for somebody, or go on with their open application for the same product",
        description=(
            "Answers can be given here, all or some, or later, step by step. Anything refused leaves nothing behind, "
            "so the same request can be sent again corrected. Nothing is decided before it is handed in."
        ),
        tags=["applications"],
        parameters=[IDEMPOTENCY_KEY],
        request=ApplicationIn,
        responses={
            201: ApplicationOut,
            **problems(
                *WRITE,
                Refusal(422, "invalid_choice", "There is no such language."),
                ApplicantDiffers,
                AnotherOpen,
                *ANSWER,
            ),
        },
        examples=[
            OpenApiExample("all at once", value=examples.APPLICATION_IN, request_only=True),
            OpenApiExample("all at once", value=examples.APPLICATION, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest) -> Response:
        return answer_once(request, lambda: self._apply(request, now=lender_now()))

    def _apply(self, request: PartnerRequest, *, now: datetime) -> Response:
        given = checked(ApplicationIn, request.data)
        application = apply_for_partner(
            partner_id=request.partner.pk,
            applicant=Applicant(**given["borrower"]),
            product_code=given["product"],
            answers=given.get("answers", {}),
            now=now,
            actor=actor_of(request),
        )
        return detail(application, status=201)


class ApplicationDetail(PartnerView):
    scopes = {"GET": ["applications:read"]}

    @extend_schema(
        operation_id="get_application",
        summary="Read where an application stands, what happened, and what was decided",
        tags=["applications"],
        parameters=[REFERENCE, ApplicationDetailQuery],
        responses={200: ApplicationOut, **problems(*QUERY, ApplicationNotFound)},
        examples=[OpenApiExample("one", value=examples.APPLICATION, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, reference: str) -> Response:
        query = checked(ApplicationDetailQuery, request.query_params.dict())
        application = visible_application(request, reference)
        answer = with_unshown(detail(application), _answers_of(application))
        answer.data = only(answer.data, query.get("fields"))
        return answer


class ApplicationStep(PartnerView):
    scopes = {"PUT": ["applications:write"]}

    @extend_schema(
        operation_id="answer_step",
        summary="Answer one step; answering again replaces it until the application is handed in",
        description=(
            "The fields of each step are in the table of docs/api/applications.md. The step `consents` takes the ids "
            "of the texts that were agreed to, the `language` in which they were shown and the moment `given_at`; what "
            "is not among them any more is withdrawn. With `If-Match`, the answer is taken only while the application "
            "is what `get_application` told with this `ETag`, in the same language."
        ),
        tags=["applications"],
        parameters=[REFERENCE, STEP, IDEMPOTENCY_KEY, IF_MATCH],
        request=ANSWER_SCHEMA,
        responses={200: ApplicationOut, **problems(*WRITE, ApplicationNotFound, PreconditionFailed, *ANSWER)},
        examples=[
            *(OpenApiExample(step, value=value, request_only=True) for step, value in examples.ANSWERS.items()),
            OpenApiExample("answered", value=examples.APPLICATION, response_only=True, status_codes=["200"]),
        ],
    )
    def put(self, request: PartnerRequest, reference: str, step: str) -> Response:
        return answer_once(request, lambda: self._answer(request, reference, step, now=lender_now()))

    def _answer(self, request: PartnerRequest, reference: str, step: str, *, now: datetime) -> Response:
        answer: Any = request.data
        Document(answer)  # refuses what is no object
        found = visible_application(request, reference)
        if "If-Match" in request.headers:
            lock_applicant(found.pk)
            lock_application(found.pk)
            locked = visible_application(request, reference)
            require_match(request, detail(locked).data, demanded=False, unshown=_answers_of(locked))
        application = answer_step(
            application_id=found.pk,
            step=step,
            answer=answer,
            now=now,
            actor=actor_of(request),
        )
        return detail(application)


class ApplicationSubmission(PartnerView):
    scopes = {"POST": ["applications:write"]}

    @extend_schema(
        operation_id="submit_application",
        summary="Hand an application in; handing it in again changes nothing",
        tags=["applications"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: ApplicationOut,
            **problems(
                *WRITE,
                ApplicationNotFound,
                ApplicationIncomplete,
                GuaranteesOneself,
                GuarantorPhoneMissing,
                ApplicationStateChanged,
                UnknownProduct,
            ),
        },
        examples=[OpenApiExample("handed in", value=examples.APPLICATION, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, reference: str) -> Response:
        return answer_once(request, lambda: self._submit(request, reference, now=lender_now()))

    def _submit(self, request: PartnerRequest, reference: str, *, now: datetime) -> Response:
        found = visible_application(request, reference)
        return detail(submit_application(application_id=found.pk, now=now, actor=actor_of(request)))


class ApplicationWithdrawal(PartnerView):
    scopes = {"POST": ["applications:write"]}

    @extend_schema(
        operation_id="withdraw_application",
        summary="Take an application back, free of charge and without a reason",
        tags=["applications"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY],
        request=None,
        responses={200: ApplicationOut, **problems(*WRITE, ApplicationNotFound, ApplicationStateChanged)},
        examples=[OpenApiExample("withdrawn", value=examples.WITHDRAWN, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, reference: str) -> Response:
        return answer_once(request, lambda: self._withdraw(request, reference, now=lender_now()))

    def _withdraw(self, request: PartnerRequest, reference: str, *, now: datetime) -> Response:
        found = visible_application(request, reference)
        return detail(withdraw_application(application_id=found.pk, now=now, actor=actor_of(request)))


class ConsentWithdrawal(PartnerView):
    scopes = {"POST": ["applications:write"]}

    @extend_schema(
        operation_id="withdraw_consent",
        summary="Take a consent back for the applicant; without one that is needed the application ends",
        tags=["applications"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY],
        request=ConsentWithdrawalIn,
        responses={
            200: ApplicationOut,
            **problems(
                *WRITE,
                Refusal(422, "invalid_choice", "There is no such purpose."),
                ApplicationNotFound,
                ConsentNotHeld,
                ConsentOfContract,
            ),
        },
        examples=[
            OpenApiExample("of the credit report", value=examples.CONSENT_WITHDRAWAL_IN, request_only=True),
            OpenApiExample("ended", value=examples.WITHDRAWN, response_only=True, status_codes=["200"]),
        ],
    )
    def post(self, request: PartnerRequest, reference: str) -> Response:
        return answer_once(request, lambda: self._withdraw(request, reference, now=lender_now()))

    def _withdraw(self, request: PartnerRequest, reference: str, *, now: datetime) -> Response:
        given = checked(ConsentWithdrawalIn, request.data)
        found = visible_application(request, reference)
        return detail(
            withdraw_consent(application_id=found.pk, purpose=given["purpose"], now=now, actor=actor_of(request))
        )


def visible_application(request: PartnerRequest, reference: str) -> Application:
    """
    Return the application with this reference; another partner's is as unknown as one that does not exist.

    :raises ApplicationNotFound: the partner sees no such application.
    """
    mine = Application.objects.visible_to(request.user).select_related("product", "borrower__identity")
    application = None if "\0" in reference else mine.filter(reference=reference).first()
    if application is None:
        raise ApplicationNotFound(_("There is no such application."), field="application")
    return application


def _answers_of(application: Application) -> str:
    """Answers cannot be read back, but another one is a change of the application."""
    return json.dumps(application.facts, sort_keys=True)


def detail(application: Application, *, status: int = 200) -> Response:
    return Response(ApplicationOut(shown(application)).data, status=status)
