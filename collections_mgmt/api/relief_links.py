"""Handing a borrower without a login over to our pages, where they read what is offered and answer it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from collections_mgmt.api import relief_examples as examples
from collections_mgmt.api.relief import OFFER, visible_offer
from collections_mgmt.services.relief.handing_over import TooManyReliefLinks, link_address, make_relief_link
from collections_mgmt.services.relief.writing import OfferNotFound, OfferNotOpen
from dashu.api.authentication import PartnerRequest
from dashu.api.fields import StrictSerializer, checked
from dashu.api.idempotency import answer_once
from dashu.api.schema import IDEMPOTENCY_KEY, WRITE, problems
from dashu.api.views import PartnerView
from dashu.kernel.dates import lender_now
from dashu.users.actors import actor_of
from loans.services.handed_links import LONGEST_ADDRESS, ReturnAddressRefused
from loans.services.signing_codes import CodesNotSent, IdentityMissing


class ReliefLinkIn(StrictSerializer):
    """Where the borrower goes on afterwards."""

    return_url = serializers.CharField(
        max_length=LONGEST_ADDRESS,
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text="An https address whose host is that of a redirect URI of this client. `offer` and `relief` "
        "(accepted, declined or open) are added to its query. Left out, the page leads nowhere.",
    )


class ReliefLinkKept(serializers.Serializer):
    """A link without its address, as the answer to the request that made it is kept."""

    id = serializers.UUIDField(source="public_id")
    phone = serializers.CharField(source="phone_shown", help_text="Where the code goes, masked.")
    expires_at = serializers.DateTimeField(help_text="When it opens no more; ask for another one then.")


class ReliefLinkOut(ReliefLinkKept):
    """A link for the borrower alone: hand it to them, keep it nowhere. It opens only with a code on their phone."""

    url = serializers.URLField(help_text="The address to open in the borrower's browser.")


class OfferLinks(PartnerView):
    scopes = {"POST": ["relief:write"]}

    @extend_schema(
        operation_id="make_relief_link",
        summary="Get a link by which a borrower without a login reads an offer and accepts or declines it",
        description=(
            "The link holds for 24 hours; making another ends the one before. Who opens it enters a code that goes to "
            "the borrower's own phone, reads what each way costs and changes, and accepts one with another code, or "
            "declines. Nobody can do that for them. We store no more of the link than a hash."
        ),
        tags=["relief"],
        parameters=[OFFER, IDEMPOTENCY_KEY],
        request=ReliefLinkIn,
        responses={
            201: ReliefLinkOut,
            **problems(
                *WRITE,
                OfferNotFound,
                OfferNotOpen,
                IdentityMissing,
                ReturnAddressRefused,
                TooManyReliefLinks,
                CodesNotSent,
            ),
        },
        examples=[
            OpenApiExample("with a way back", value=examples.LINK_IN, request_only=True),
            OpenApiExample("link", value=examples.LINK, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, offer: str) -> Response:
        answer = answer_once(request, lambda: self._make(request, offer, now=lender_now()))
        # The answer is kept without the address, which follows from the id: what is kept opens nothing.
        answer.data = {**answer.data, "url": link_address(UUID(answer.data["id"]))}
        return answer

    def _make(self, request: PartnerRequest, offer: str, *, now: datetime) -> Response:
        given = checked(ReliefLinkIn, request.data)
        token: Any = request.auth
        link = make_relief_link(
            set_id=visible_offer(request, offer).pk,
            return_url=given["return_url"],
            registered=token.application.redirect_uris.split(),
            now=now,
            actor=actor_of(request),
        )
        return Response(ReliefLinkKept(link).data, status=201)
