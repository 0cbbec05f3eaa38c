"""The offers of an application and what each costs; one is chosen, or a person is asked to look at a refusal."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, QUERY, WRITE, problems
from dashu.api.views import PartnerView
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.actors import actor_of
from loans.api import decision_examples as examples
from loans.api.application_serializers import ApplicationOut
from loans.api.application_telling import sheet_shown
from loans.api.applications import REFERENCE, detail, visible_application
from loans.api.decision_serializers import CostSheetOut, CostSheetQuery, ReviewIn
from loans.selectors.decisions import offers_to_choose_from
from loans.selectors.products import UnknownProduct
from loans.services.application_rows import ApplicationNotFound, ApplicationStateChanged
from loans.services.ask_for_review import ReviewAnswered, ask_for_review
from loans.services.choose_offer import OfferLapsed, OfferNotFound, choose_offer, reconsider_offers
from loans.services.offer_sheets import sheet_on
from loans.services.start_application import AnotherOpen

POSITION = OpenApiParameter("position", int, OpenApiParameter.PATH, description="`position` of the offer.")


class OfferSheet(PartnerView):
    scopes = {"GET": ["applications:read"]}

    @extend_schema(
        operation_id="get_offer_sheet",
        summary="Read the cost sheet of an offer for a payout today: every cost, and what a delay would cost",
        tags=["applications"],
        parameters=[REFERENCE, POSITION, CostSheetQuery],
        responses={200: CostSheetOut, **problems(*QUERY, ApplicationNotFound, OfferNotFound, UnknownProduct)},
        examples=[OpenApiExample("one", value=examples.SHEET, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, reference: str, position: str) -> Response:
        query = checked(CostSheetQuery, request.query_params.dict())
        application = visible_application(request, reference)
        offers = {str(offer.position): offer for offer in offers_to_choose_from(application)}
        if position not in offers:
            raise OfferNotFound(_("There is no such offer. Choose one of those shown."), field="offer")
        sheet = sheet_on(offers[position], on=lender_today())
        document = CostSheetOut(sheet_shown(sheet, position=offers[position].position)).data
        return Response(only(document, query.get("fields")))


class OfferChoice(PartnerView):
    scopes = {"POST": ["applications:write"]}

    @extend_schema(
        operation_id="choose_offer",
        summary="Choose an offer, or another one; choosing the same again changes nothing",
        description="Nothing is agreed by it: the applicant reads the cost sheet and signs the contract afterwards.",
        tags=["applications"],
        parameters=[REFERENCE, POSITION, IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: ApplicationOut,
            **problems(*WRITE, ApplicationNotFound, ApplicationStateChanged, OfferNotFound, OfferLapsed),
        },
        examples=[OpenApiExample("chosen", value=examples.CHOSEN, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, reference: str, position: str) -> Response:
        return answer_once(request, lambda: self._choose(request, reference, position, now=lender_now()))

    def _choose(self, request: PartnerRequest, reference: str, position: str, *, now: datetime) -> Response:
        found = visible_application(request, reference)
        is_number = position.isascii() and position.isdecimal() and len(position) < 5
        return detail(
            choose_offer(
                application_id=found.pk, position=int(position) if is_number else 0, now=now, actor=actor_of(request)
            )
        )


class OfferReconsideration(PartnerView):
    scopes = {"POST": ["applications:write"]}

    @extend_schema(
        operation_id="reconsider_offers",
        summary="Go back from a chosen offer to all of them; going back again changes nothing",
        tags=["applications"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY],
        request=None,
        responses={200: ApplicationOut, **problems(*WRITE, ApplicationNotFound, ApplicationStateChanged)},
        examples=[OpenApiExample("back", value=examples.OFFERED, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, reference: str) -> Response:
        return answer_once(request, lambda: self._reconsider(request, reference, now=lender_now()))

    def _reconsider(self, request: PartnerRequest, reference: str, *, now: datetime) -> Response:
        found = visible_application(request, reference)
        return detail(reconsider_offers(application_id=found.pk, now=now, actor=actor_of(request)))


class ApplicationReview(PartnerView):
    scopes = {"POST": ["applications:write"]}

    @extend_schema(
        operation_id="ask_for_review",
        summary="Have a person look at a refusal, free of charge; asking again changes nothing",
        description="`review_request.due_on` of the answer is the day by which the applicant hears from us.",
        tags=["applications"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY],
        request=ReviewIn,
        responses={
            200: ApplicationOut,
            **problems(*WRITE, ApplicationNotFound, ApplicationStateChanged, ReviewAnswered, AnotherOpen),
        },
        examples=[
            OpenApiExample("with words", value=examples.REVIEW_IN, request_only=True),
            OpenApiExample("asked", value=examples.REVIEW_ASKED, response_only=True, status_codes=["200"]),
        ],
    )
    def post(self, request: PartnerRequest, reference: str) -> Response:
        return answer_once(request, lambda: self._ask(request, reference, now=lender_now()))

    def _ask(self, request: PartnerRequest, reference: str, *, now: datetime) -> Response:
        given = checked(ReviewIn, request.data)
        found = visible_application(request, reference)
        asked = ask_for_review(application_id=found.pk, words=given["words"], now=now, actor=actor_of(request))
        return detail(asked.application)
