"""What a partner's pages need before anyone applies: the texts that people agree to, and the banks of cards."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.reading import only
from dashu.api.schema import QUERY, problems
from dashu.api.views import PartnerView
from dashu.consents.selectors import latest_texts
from loans.api import application_examples as examples
from loans.api.application_serializers import CardIssuersOut, CardIssuersQuery, ConsentTextsOut, ConsentTextsQuery
from loans.domain.application_consents import EVERY, NEEDED
from loans.domain.card_issuers import issuer_table


class ConsentTexts(PartnerView):
    scopes = {"GET": ["applications:read"]}

    @extend_schema(
        operation_id="list_consent_texts",
        summary="List the texts in use, which the applicant reads and agrees to",
        tags=["applications"],
        parameters=[ConsentTextsQuery],
        responses={200: ConsentTextsOut, **problems(*QUERY)},
        examples=[OpenApiExample("one", value=examples.CONSENT_TEXTS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(ConsentTextsQuery, request.query_params.dict())
        texts: list[Any] = latest_texts(EVERY)
        for text in texts:
            text.is_needed = text.purpose in NEEDED
        shown = ConsentTextsOut({"texts": texts}).data
        return Response({"texts": [only(text, query.get("fields")) for text in shown["texts"]]})


class CardIssuers(PartnerView):
    scopes = {"GET": ["applications:read"]}

    @extend_schema(
        operation_id="list_card_issuers",
        summary="List the banks whose credit cards are known by their first digits",
        tags=["applications"],
        parameters=[CardIssuersQuery],
        responses={200: CardIssuersOut, **problems(*QUERY)},
        examples=[OpenApiExample("one", value=examples.CARD_ISSUERS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(CardIssuersQuery, request.query_params.dict())
        table = issuer_table()
        shown = CardIssuersOut({"as_of": table.as_of, "issuers": table.issuers.values()}).data
        issuers = [only(issuer, query.get("fields")) for issuer in shown["issuers"]]
        return Response({"as_of": shown["as_of"], "issuers": issuers})
