"""Payoff quotes for partners: offered, accepted, paid."""

import uuid
from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.schema import IDEMPOTENCY_KEY, WRITE, Refusal, problems
from dashu.finance.loan import SettlementTooSmall
from dashu.kernel.dates import lender_today
from dashu.kernel.money import CurrencyMismatch, InvalidAmount
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.actors import actor_of
from repayments.api import examples
from repayments.api.serializers import (
    PaymentIn,
    PaymentOut,
    PayoffQuoteIn,
    PayoffQuoteOut,
    PayoffQuotesOut,
    stored_reference,
)
from repayments.api.views import NUMBER, in_currency_of, visible_loan
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
INVALID_DATE = Refusal(422, "invalid_date", "The date is not written as year-month-day.")


class PayoffQuotes(APIView):
    @property
    def required_scopes(self) -> list[str]:
        return ["payments:write" if self.request.method == "POST" else "loans:read"]

    @extend_schema(
        operation_id="list_payoff_quotes",
        summary="List the payoff quotes of a loan, newest first",
        tags=["payoff quotes"],
        parameters=[NUMBER],
        responses={200: PayoffQuotesOut, **problems(LoanNotFound)},
        examples=[OpenApiExample("one", value=examples.PAYOFF_QUOTES, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        loan = visible_loan(request, number)
        quotes = PayoffQuote.objects.filter(loan=loan).select_related("loan")[:SHOWN]
        return Response(PayoffQuotesOut({"payoff_quotes": quotes}, context={"currency": loan.currency}).data)

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


class PayoffQuoteAcceptance(APIView):
    required_scopes = ["payments:write"]

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


class PayoffQuoteSettlement(APIView):
    required_scopes = ["payments:write"]

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
        payment.refresh_from_db()
        return Response(PaymentOut(payment, context={"currency": loan.currency}).data, status=201)


def _shown(quote: PayoffQuote) -> dict[str, Any]:
    return PayoffQuoteOut(quote, context={"currency": quote.loan.currency}).data
