"""Refunds of what borrowers paid too much: a partner asks, somebody of the lender decides."""

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.pagination import InvalidCursor, asked_list, newest_first
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, QUERY, WRITE, Refusal, problems
from dashu.api.views import PartnerView
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import AlreadyDecided, RequestExpired, withdraw
from dashu.approvals.services.submit import ReasonMissing
from dashu.kernel.dates import InvalidDate, lender_today, midnight
from dashu.kernel.errors import DomainError
from dashu.kernel.money import CurrencyMismatch, InvalidAmount
from loans.models import Loan
from repayments.api import refund_examples as examples
from repayments.api.refund_serializers import (
    LoanRefundsQuery,
    RefundIn,
    RefundOut,
    RefundPage,
    RefundQuery,
    RefundsQuery,
    refunds_json,
)
from repayments.api.seeing import NUMBER, in_currency_of, loans_of, reference_of, visible_loan
from repayments.selectors.refunds import RefundExceedsCredit
from repayments.selectors.refunds_asked import key_of, of_status, refunds_asked
from repayments.services.ask_refund import BACK_TO_SOURCE, ask_refund_as_partner
from repayments.services.booking import LoanNotFound
from repayments.services.receive_payment import ReferenceReused

REFUND = OpenApiParameter("refund", str, OpenApiParameter.PATH, description="`id` of the refund.")
REFUSED_LIST = (*QUERY, InvalidCursor, InvalidDate, Refusal(422, "invalid_choice", "There is no such status."))


class RefundNotFound(DomainError):
    """There is no such refund of a loan of this partner."""

    code = "refund_not_found"
    http_status = 404


class LoanRefunds(PartnerView):
    scopes = {"GET": ["payments:read"], "POST": ["payments:write"]}

    @extend_schema(
        operation_id="list_loan_refunds",
        summary="List the refunds that were asked for on a loan, newest first",
        tags=["refunds"],
        parameters=[NUMBER, LoanRefundsQuery],
        responses={200: RefundPage, **problems(*REFUSED_LIST, LoanNotFound)},
        examples=[OpenApiExample("one", value=examples.REFUNDS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(LoanRefundsQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        return _page(request, query, of=Loan.objects.filter(pk=loan.pk))

    @extend_schema(
        operation_id="ask_refund",
        summary="Ask for a refund of a borrower's credit; somebody of the lender decides",
        description="`credit` of the position says what the borrower has. Nothing is booked before it is approved.",
        tags=["refunds"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=RefundIn,
        responses={
            201: RefundOut,
            **problems(
                *WRITE,
                InvalidAmount,
                CurrencyMismatch,
                ReasonMissing,
                LoanNotFound,
                RefundExceedsCredit,
                ReferenceReused,
            ),
        },
        examples=[
            OpenApiExample("back to its source", value=examples.REFUND_IN, request_only=True),
            OpenApiExample("waiting", value=examples.REFUND, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, number: str) -> Response:
        return answer_once(request, lambda: self._ask(request, number, today=lender_today()))

    def _ask(self, request: PartnerRequest, number: str, *, today: date) -> Response:
        given = checked(RefundIn, request.data)
        loan = visible_loan(request, number)
        asked = ask_refund_as_partner(
            loan_id=loan.pk,
            amount_minor=in_currency_of(loan, given["amount"]).minor,
            to=given.get("account_end", BACK_TO_SOURCE),
            reason=given["reason"],
            reference=given["reference"],
            partner=request.partner,
            today=today,
        )
        [shown] = refunds_json([asked], partner=request.partner, today=today)
        return Response(shown, status=201)


class Refunds(PartnerView):
    scopes = {"GET": ["payments:read"]}

    @extend_schema(
        operation_id="list_refunds",
        summary="List the refunds that were asked for on all loans this partner brought, newest first",
        tags=["refunds"],
        parameters=[RefundsQuery],
        responses={200: RefundPage, **problems(*REFUSED_LIST)},
        examples=[OpenApiExample("one", value=examples.REFUNDS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(RefundsQuery, request.query_params.dict())
        loans = loans_of(request)
        return _page(request, query, of=loans.filter(number=query["loan"]) if "loan" in query else loans)


class RefundDetail(PartnerView):
    scopes = {"GET": ["payments:read"]}

    @extend_schema(
        operation_id="get_refund",
        summary="Read a refund and what was decided on it",
        tags=["refunds"],
        parameters=[REFUND, RefundQuery],
        responses={200: RefundOut, **problems(*QUERY, RefundNotFound)},
        examples=[OpenApiExample("booked", value=examples.BOOKED, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, refund: str) -> Response:
        query = checked(RefundQuery, request.query_params.dict())
        [shown] = refunds_json([_visible(request, refund)], partner=request.partner, today=lender_today())
        return Response(only(shown, query.get("fields")))


class RefundWithdrawal(PartnerView):
    scopes = {"POST": ["payments:write"]}

    @extend_schema(
        operation_id="withdraw_refund",
        summary="Take a refund back that this partner asked for and nobody has decided on; again changes nothing",
        tags=["refunds"],
        parameters=[REFUND, IDEMPOTENCY_KEY],
        request=None,
        responses={200: RefundOut, **problems(*WRITE, RefundNotFound, AlreadyDecided, RequestExpired)},
        examples=[OpenApiExample("withdrawn", value=examples.WITHDRAWN, response_only=True, status_codes=["200"])],
    )
    def post(self, request: PartnerRequest, refund: str) -> Response:
        return answer_once(request, lambda: self._withdraw(request, refund, today=lender_today()))

    def _withdraw(self, request: PartnerRequest, refund: str, *, today: date) -> Response:
        asked = _visible(request, refund)
        assert request.partner.user is not None  # the token is this login's
        if asked.maker_id != request.partner.user.pk:
            raise RefundNotFound(_("This partner asked for no such refund."), field="refund")
        asked = withdraw(request_id=asked.pk, user=request.partner.user)
        [shown] = refunds_json([asked], partner=request.partner, today=today)
        return Response(shown)


def _visible(request: PartnerRequest, refund: str) -> ApprovalRequest:
    found = refunds_asked(loans_of(request)).filter(idempotency_key=reference_of(refund)).first()
    if found is None:
        raise RefundNotFound(_("There is no such refund."), field="refund")
    return found


def _page(request: PartnerRequest, query: dict[str, Any], *, of: QuerySet[Loan]) -> Response:
    today = lender_today()
    asked = refunds_asked(of)
    if (status := query.get("status")) is not None:
        asked = of_status(asked, status, today=today)
    if (reference := query.get("reference")) is not None:
        asked = asked.filter(idempotency_key=key_of(request.partner, reference))
    if (ids := query.get("ids")) is not None:
        asked = asked.filter(idempotency_key__in=[reference_of(one) for one in ids])
    if (first := query.get("requested_from")) is not None:
        asked = asked.filter(requested_at__gte=midnight(first))
    if (last := query.get("requested_to")) is not None:
        asked = asked.filter(requested_at__lt=midnight(last + timedelta(days=1)))
    page = newest_first(asked, limit=query["limit"], cursor=query["cursor"], of=asked_list(request))
    rows = refunds_json(page.rows, partner=request.partner, today=today)
    return Response(only({"results": rows, "next_cursor": page.next_cursor}, query.get("fields")))
