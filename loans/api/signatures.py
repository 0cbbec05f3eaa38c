"""Handing an applicant over to our pages to read and sign, and asking how far that is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, QUERY, WRITE, problems
from dashu.api.views import PartnerView
from dashu.kernel.dates import lender_now
from dashu.users.actors import actor_of
from loans.api import signature_examples as examples
from loans.api.applications import REFERENCE, visible_application
from loans.api.signature_serializers import (
    SignatureLinkIn,
    SignatureLinkKept,
    SignatureLinkOut,
    SignatureOut,
    SignatureQuery,
)
from loans.selectors.signatures import signature_of
from loans.services.application_rows import ApplicationNotFound, ApplicationStateChanged
from loans.services.choose_offer import OfferLapsed
from loans.services.disclose_costs import OfferOutdated
from loans.services.handed_links import ReturnAddressRefused
from loans.services.signature_links import (
    TooManySignatureLinks,
    link_address,
    make_signature_link,
)
from loans.services.signing_codes import CodesNotSent, IdentityMissing


class SignatureLinks(PartnerView):
    scopes = {"POST": ["applications:write"]}

    @extend_schema(
        operation_id="make_signature_link",
        summary="Get a link by which the applicant reads the costs and signs in our pages",
        description=(
            "Once an offer is chosen. The link holds for 24 hours; making another ends the one before. Who opens it "
            "enters a code that goes to the applicant's own phone, reads the cost sheet, answers three questions on it "
            "and signs with another code, or declines. We store no more of the link than a hash."
        ),
        tags=["signatures"],
        parameters=[REFERENCE, IDEMPOTENCY_KEY],
        request=SignatureLinkIn,
        responses={
            201: SignatureLinkOut,
            **problems(
                *WRITE,
                ApplicationNotFound,
                ApplicationStateChanged,
                OfferLapsed,
                OfferOutdated,
                IdentityMissing,
                ReturnAddressRefused,
                TooManySignatureLinks,
                CodesNotSent,
            ),
        },
        examples=[
            OpenApiExample("with a way back", value=examples.LINK_IN, request_only=True),
            OpenApiExample("link", value=examples.LINK, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, reference: str) -> Response:
        answer = answer_once(request, lambda: self._make(request, reference, now=lender_now()))
        # The answer is kept without the address, which follows from the id: what is kept opens nothing.
        answer.data = {**answer.data, "url": link_address(UUID(answer.data["id"]))}
        return answer

    def _make(self, request: PartnerRequest, reference: str, *, now: datetime) -> Response:
        given = checked(SignatureLinkIn, request.data)
        token: Any = request.auth
        link = make_signature_link(
            application_id=visible_application(request, reference).pk,
            return_url=given["return_url"],
            registered=token.application.redirect_uris.split(),
            now=now,
            actor=actor_of(request),
        )
        return Response(SignatureLinkKept(link).data, status=201)


class SignatureProgress(PartnerView):
    scopes = {"GET": ["applications:read"]}

    @extend_schema(
        operation_id="get_signature",
        summary="Read how far the signature is, with the digest of its evidence after it",
        tags=["signatures"],
        parameters=[REFERENCE, SignatureQuery],
        responses={200: SignatureOut, **problems(*QUERY, ApplicationNotFound)},
        examples=[OpenApiExample("signed", value=examples.SIGNATURE, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, reference: str) -> Response:
        query = checked(SignatureQuery, request.query_params.dict())
        signature = signature_of(visible_application(request, reference), now=lender_now())
        return Response(only(SignatureOut(signature).data, query.get("fields")))
