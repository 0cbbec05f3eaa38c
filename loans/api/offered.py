"""What a partner's pages need before anyone applies: the products of today, and the texts that people agree to."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from dashu.api.authentication import PartnerRequest
from dashu.api.schema import problems
from dashu.consents.selectors import latest_texts
from dashu.kernel.dates import lender_today
from loans.api import application_examples as examples
from loans.api.application_serializers import CardIssuersOut, ConsentTextsOut, OfferedProductsOut
from loans.domain.application_consents import EVERY, NEEDED
from loans.domain.card_issuers import issuer_table
from loans.selectors.products import offered_products


class Products(APIView):
    required_scopes = ["applications:read"]

    @extend_schema(
        operation_id="list_products",
        summary="List what can be applied for today, with its bounds",
        tags=["applications"],
        responses={200: OfferedProductsOut, **problems()},
        examples=[OpenApiExample("one", value=examples.PRODUCTS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        offered = {"products": offered_products(on=lender_today())}
        return Response(OfferedProductsOut(offered, context={"currency": settings.CURRENCY}).data)


class ConsentTexts(APIView):
    required_scopes = ["applications:read"]

    @extend_schema(
        operation_id="list_consent_texts",
        summary="List the texts in use, which the applicant reads and agrees to",
        tags=["applications"],
        responses={200: ConsentTextsOut, **problems()},
        examples=[OpenApiExample("one", value=examples.CONSENT_TEXTS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        texts: list[Any] = latest_texts(EVERY)
        for text in texts:
            text.is_needed = text.purpose in NEEDED
        return Response(ConsentTextsOut({"texts": texts}).data)


class CardIssuers(APIView):
    required_scopes = ["applications:read"]

    @extend_schema(
        operation_id="list_card_issuers",
        summary="List the banks whose credit cards are known by their first digits",
        tags=["applications"],
        responses={200: CardIssuersOut, **problems()},
        examples=[OpenApiExample("one", value=examples.CARD_ISSUERS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        table = issuer_table()
        return Response(CardIssuersOut({"as_of": table.as_of, "issuers": table.issuers.values()}).data)
