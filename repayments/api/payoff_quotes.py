"""Payoff quotes for partners: offered, accepted, paid."""

import uuid
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, QUERY, WRITE, Refusal, problems
from dashu.api.views import PartnerView
from dashu.finance.loan import SettlementTooSmall
from dashu.kernel.dates import lender_today
from dashu.kernel.money import CurrencyMismatch, InvalidAmount
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.actors import actor_of
from repayments.api import examples
from repayments.api.payment_serializers import PaymentIn, PaymentOut, stored_reference
from repayments.api.payments import INVALID_DATE, payment_answer
from repayments.api.seeing import NUMBER, in_currency_of, visible_loan
from repayments.api.serializers import (
    PayoffQuoteIn,
    PayoffQuoteOut,
    PayoffQuoteQuery,
    PayoffQuotesOut,
    PayoffQuotesQuery,
)
from repayments.models import Channel, PayoffQuote
from repayments.services.booking import DateOutsideContract, LoanNotFound
from repayments.services.payoff_quotes import (
    NothingToSettle,
    QuoteAlreadyAccepted,
    QuoteClosed,
    QuoteDaysOutside,
    QuoteExpired,
    QuoteNotAccepted,
    QuoteNotFound,
    QuoteVoid,
    accept_payoff_quote,
    quote_payoff,
)
from repayments.services.receive_payment import LoanNotPayable, ReferenceReused
from repayments.services.settle_by_quote import settle_by_quote

SHOWN = 50
QUOTE = OpenApiParameter("quote", uuid.UUID, OpenApiParameter.PATH, description="`id` of the payoff quote.")


class PayoffQuotes(PartnerView):
    scopes = {"GET": ["loans:read"], "POST": ["payments:write"]}

    @extend_schema(
        operation_id="list_payoff_quotes",
        summary="List the payoff quotes of a loan, newest first",
        tags=["payoff quotes"],
        parameters=[NUMBER, PayoffQuotesQuery],
        responses={
            200: PayoffQuotesOut,
            **problems(*QUERY, LoanNotFound, Refusal(422, "invalid_choice", "There is no such status.")),
        },
        examples=[OpenApiExample("one", value=examples.PAYOFF_QUOTES, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(PayoffQuotesQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        quotes = PayoffQuote.objects.visible_to(request.user).filter(loan=loan).select_related("loan")
        if (status := query.get("status")) is not None:
            quotes = quotes.filter(status=status)
        rows = PayoffQuoteOut(quotes[:SHOWN], many=True, context={"currency": loan.currency}).data
        return Response({"payoff_quotes": [only(row, query.get("fields")) for row in rows]})

    @extend_schema(
        operation_id="quote_payoff",
        summary="Get the amount that ends a loan on any day up to a last one",
        description="Asked again on the same day for the same days, with the loan unchanged, it is the first quote.",
        tags=["payoff quotes"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=PayoffQuoteIn,
        responses={
            201: PayoffQuoteOut,
            **problems(
                *WRITE,
                INVALID_DATE,
                LoanNotFound,
                LoanNotPayable,
                QuoteDaysOutside,
                NothingToSettle,
                PolicyRuleMissing,
            ),
        },
        examples=[
            OpenApiExample("quote", value=examples.PAYOFF_QUOTE_IN, request_only=True),
            OpenApiExample("quote", value=examples.PAYOFF_QUOTE, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, number: str) -> Response:
        return answer_once(request, lambda: self._quote(request, number, today=lender_today()))

    def _quote(self, request: PartnerRequest, number: str, *, today: date) -> Response:
        given = checked(PayoffQuoteIn, request.data)
        loan = visible_loan(request, number)
        quote = quote_payoff(loan_id=loan.pk, today=today, actor=actor_of(request), **given)
        return Response(_shown(quote), status=201)


class PayoffQuoteDetail(PartnerView):
    scopes = {"GET": ["loans:read"]}

    @extend_schema(
        operation_id="get_payoff_quote",
        summary="Read a payoff quote: its amount, what each day asks for, and what became of it",
        tags=["payoff quotes"],
        parameters=[NUMBER, QUOTE, PayoffQuoteQuery],
        responses={200: PayoffQuoteOut, **problems(*QUERY, LoanNotFound, QuoteNotFound)},
        examples=[OpenApiExample("quote", value=examples.PAYOFF_QUOTE, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str, quote: uuid.UUID) -> Response:
        query = checked(PayoffQuoteQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        quotes = PayoffQuote.objects.visible_to(request.user).filter(loan=loan, token=quote)
        found = quotes.select_related("loan").first()
        if found is None:
            raise QuoteNotFound(_("There is no such payoff quote of this loan."), field="quote")
        return Response(only(_shown(found), query.get("fields")))


class PayoffQuoteAcceptance(PartnerView):
    scopes = {"POST": ["payments:write"]}

    @extend_schema(
        operation_id="accept_payoff_quote",
        summary="Accept a payoff quote: its amount is frozen up to its last day",
        tags=["payoff quotes"],
        parameters=[NUMBER, QUOTE, IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: PayoffQuoteOut,
            **problems(*WRITE, LoanNotFound, QuoteNotFound, QuoteAlreadyAccepted, QuoteExpired, QuoteVoid, QuoteClosed),
        },
        examples=[OpenApiExample("accepted", value=examples.ACCEPTED_QUOTE, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, number: str, quote: uuid.UUID) -> Response:
        def accept() -> Response:
            loan = visible_loan(request, number)
            accepted = accept_payoff_quote(loan_id=loan.pk, token=quote, today=lender_today(), actor=actor_of(request))
            return Response(_shown(accepted))

        return answer_once(request, accept)


class PayoffQuoteSettlement(PartnerView):
    scopes = {"POST": ["payments:write"]}

    @extend_schema(
        operation_id="settle_by_quote",
        summary="Record the payment that ends a loan for an accepted quote",
        description="The amount must reach the payoff of its day; what it does not need is the borrower's credit.",
        tags=["payoff quotes"],
        parameters=[NUMBER, QUOTE, IDEMPOTENCY_KEY],
        request=PaymentIn,
        responses={
            201: PaymentOut,
            **problems(
                *WRITE,
                InvalidAmount,
                CurrencyMismatch,
                INVALID_DATE,
                DateOutsideContract,
                LoanNotFound,
                LoanNotPayable,
                ReferenceReused,
                QuoteNotFound,
                QuoteNotAccepted,
                QuoteExpired,
                QuoteVoid,
                QuoteClosed,
                SettlementTooSmall,
            ),
        },
        examples=[
            OpenApiExample("settlement", value=examples.SETTLEMENT_IN, request_only=True),
            OpenApiExample("settlement", value=examples.SETTLEMENT, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, number: str, quote: uuid.UUID) -> Response:
        return answer_once(request, lambda: self._settle(request, number, quote, today=lender_today()))

    def _settle(self, request: PartnerRequest, number: str, quote: uuid.UUID, *, today: date) -> Response:
        given = checked(PaymentIn, request.data)
        loan = visible_loan(request, number)
        payment = settle_by_quote(
            loan_id=loan.pk,
            token=quote,
            amount_minor=in_currency_of(loan, given["amount"]).minor,
            received_on=given["received_on"],
            today=today,
            reference=stored_reference(request.partner, given["reference"]),
            channel=Channel.PARTNER,
            actor=actor_of(request),
        )
        return payment_answer(request, payment)


def _shown(quote: PayoffQuote) -> dict[str, Any]:
    return PayoffQuoteOut(quote, context={"currency": quote.loan.currency}).data
