"""Incomes of borrowers that a partner saw arrive, told with the borrower's consent, so that help can come early."""

from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from collections_mgmt.api import relief_examples as examples
from collections_mgmt.models import IncomeObservation
from collections_mgmt.services.observe import Income, ObservationRefused, WatchNotAgreed, refuse_unwatched, take_income
from dashu.api.authentication import PartnerRequest
from dashu.api.fields import LenderDateField, MinorField, MoneyField, StrictSerializer, checked
from dashu.api.idempotency import answer_once
from dashu.api.pagination import InvalidCursor, PageQuery, asked_list, newest_first
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, QUERY, WRITE, Refusal, problems
from dashu.api.views import PartnerView
from dashu.kernel.dates import InvalidDate, lender_today
from dashu.kernel.money import CurrencyMismatch, InvalidAmount
from dashu.users.models import Partner
from loans.models import Loan
from repayments.api.seeing import NUMBER, in_currency_of, visible_loan
from repayments.services.booking import LoanNotFound

SOURCE = "partner"


class IncomeIn(StrictSerializer):
    """One income that arrived on the account of a loan's borrower."""

    amount = MoneyField(help_text="In the loan's currency.")
    credited_on = LenderDateField()
    reference = serializers.RegexField(
        r"^[A-Za-z0-9._:/-]+\Z",
        max_length=39,
        trim_whitespace=False,
        help_text="The partner's own, once for each income. Sent again with the same facts, it changes nothing.",
    )


class IncomeOut(serializers.Serializer):
    reference = serializers.SerializerMethodField(help_text="As the partner gave it.")
    amount = MinorField(source="amount_minor")
    credited_on = serializers.DateField()
    noted_on = serializers.DateField(help_text="The business date that first knew of it.")

    def get_reference(self, income: IncomeObservation) -> str:
        return income.reference.partition(":")[2]


class IncomesQuery(PageQuery):
    """The query parameters of the incomes that this partner told."""

    shape = IncomeOut

    credited_from = LenderDateField(required=False)
    credited_to = LenderDateField(required=False)


class IncomePage(serializers.Serializer):
    results = IncomeOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class Incomes(PartnerView):
    scopes = {"GET": ["relief:read"], "POST": ["relief:write"]}

    @extend_schema(
        operation_id="list_incomes",
        summary="List the incomes of a loan's borrower that this partner told, newest first, while they agree to it",
        tags=["relief"],
        parameters=[NUMBER, IncomesQuery],
        responses={200: IncomePage, **problems(*QUERY, InvalidCursor, InvalidDate, LoanNotFound, WatchNotAgreed)},
        examples=[OpenApiExample("one", value=examples.INCOMES, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(IncomesQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        refuse_unwatched(loan.borrower_id)
        told = IncomeObservation.objects.filter(
            borrower=loan.borrower_id, source=SOURCE, reference__startswith=_kept(request.partner, "")
        )
        asked = {"credited_on__gte": query.get("credited_from"), "credited_on__lte": query.get("credited_to")}
        told = told.filter(**{name: day for name, day in asked.items() if day is not None})
        page = newest_first(told, limit=query["limit"], cursor=query["cursor"], of=asked_list(request))
        shown = IncomePage({"results": page.rows, "next_cursor": page.next_cursor}).data
        return Response(only(shown, query.get("fields")))

    @extend_schema(
        operation_id="tell_income",
        summary="Tell of an income that arrived, where the borrower agreed to `CASH_FLOW_WATCH`",
        description="It is used to notice early that somebody may need help, and for nothing else.",
        tags=["relief"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=IncomeIn,
        responses={
            201: IncomeOut,
            **problems(
                *WRITE,
                Refusal(422, "invalid_date", "The date is not written as year-month-day."),
                InvalidAmount,
                CurrencyMismatch,
                LoanNotFound,
                ObservationRefused,
                WatchNotAgreed,
            ),
        },
        examples=[
            OpenApiExample("salary", value=examples.INCOME_IN, request_only=True),
            OpenApiExample("salary", value=examples.INCOME, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, number: str) -> Response:
        return answer_once(
            request,
            lambda: self._take(request, number, today=lender_today()),
            withhold=lambda: refuse_unwatched(visible_loan(request, number).borrower_id),
        )

    def _take(self, request: PartnerRequest, number: str, *, today: date) -> Response:
        given = checked(IncomeIn, request.data)
        loan: Any = Loan.objects.select_related("borrower").get(pk=visible_loan(request, number).pk)
        income = Income(
            borrower_number=loan.borrower.number,
            credited_on=given["credited_on"],
            amount_minor=in_currency_of(loan, given["amount"]).minor,
            currency=loan.currency,
            reference=_kept(request.partner, given["reference"]),
        )
        take_income(income, source=SOURCE, today=today)
        kept = IncomeObservation.objects.get(source=SOURCE, reference=income.reference)
        return Response(IncomeOut(kept).data, status=201)


def _kept(partner: Partner, reference: str) -> str:
    """Return the reference as we keep it, so that two partners cannot collide. A partner's code has no colon."""
    return f"{partner.code}:{reference}"
