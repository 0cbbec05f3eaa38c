"""Payments of a partner's loans: recorded by the partner, and read whoever they were paid to."""

from datetime import date
from typing import Any

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
from dashu.kernel.dates import InvalidDate, lender_today
from dashu.kernel.money import CurrencyMismatch, InvalidAmount
from dashu.users.actors import actor_of
from loans.models import Loan
from repayments.api import payment_examples as examples
from repayments.api.payment_serializers import (
    LoanPaymentsQuery,
    PaymentIn,
    PaymentOut,
    PaymentPage,
    PaymentQuery,
    PaymentsQuery,
    SplitPaymentIn,
    SplitPaymentOut,
    SplitPaymentQuery,
    filtered,
    own_reference,
    payments_json,
    payments_shown,
    stored_reference,
)
from repayments.api.seeing import NUMBER, in_currency_of, loans_of, reference_of, visible_loan, visible_loans
from repayments.models import Channel, Payment, PaymentGroup
from repayments.services.booking import DateOutsideContract, LoanNotFound
from repayments.services.receive_payment import LoanNotPayable, ReferenceReused, receive_payment
from repayments.services.return_payment import PaymentNotFound
from repayments.services.split_payment import SplitDoesNotAddUp, receive_split_payment

INVALID_DATE = Refusal(422, "invalid_date", "The date is not written as year-month-day.")
REFUSED_LIST = (*QUERY, InvalidCursor, InvalidDate, Refusal(422, "invalid_choice", "There is no such choice."))
REFUSED_WRITE = (
    *WRITE,
    InvalidAmount,
    CurrencyMismatch,
    INVALID_DATE,
    DateOutsideContract,
    LoanNotFound,
    LoanNotPayable,
    ReferenceReused,
)
PAYMENT = OpenApiParameter("payment", str, OpenApiParameter.PATH, description="`id` of the payment.")
SPLIT = OpenApiParameter("split", str, OpenApiParameter.PATH, description="`id` of the split payment.")


class LoanPayments(PartnerView):
    scopes = {"GET": ["payments:read"], "POST": ["payments:write"]}

    @extend_schema(
        operation_id="list_loan_payments",
        summary="List the payments of a loan, by whatever way they came, newest first",
        tags=["payments"],
        parameters=[NUMBER, LoanPaymentsQuery],
        responses={200: PaymentPage, **problems(*REFUSED_LIST, LoanNotFound)},
        examples=[OpenApiExample("one", value=examples.PAYMENTS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(LoanPaymentsQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        return _page(request, query, of=[loan])

    @extend_schema(
        operation_id="record_payment",
        summary="Record a payment that the borrower made to the partner",
        tags=["payments"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=PaymentIn,
        responses={201: PaymentOut, **problems(*REFUSED_WRITE)},
        examples=[
            OpenApiExample("payment", value=examples.PAYMENT_IN, request_only=True),
            OpenApiExample("payment", value=examples.PAYMENT, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, number: str) -> Response:
        return answer_once(request, lambda: self._receive(request, number, today=lender_today()))

    def _receive(self, request: PartnerRequest, number: str, *, today: date) -> Response:
        given = checked(PaymentIn, request.data)
        loan = visible_loan(request, number)
        amount = in_currency_of(loan, given["amount"])
        payment = receive_payment(
            loan_id=loan.pk,
            amount_minor=amount.minor,
            received_on=given["received_on"],
            today=today,
            reference=stored_reference(request.partner, given["reference"]),
            channel=Channel.PARTNER,
            actor=actor_of(request),
        )
        return payment_answer(request, payment)


class Payments(PartnerView):
    scopes = {"GET": ["payments:read"], "POST": ["payments:write"]}

    @extend_schema(
        operation_id="list_payments",
        summary="List the payments of all loans this partner brought, newest first",
        tags=["payments"],
        parameters=[PaymentsQuery],
        responses={200: PaymentPage, **problems(*REFUSED_LIST)},
        examples=[OpenApiExample("one", value=examples.PAYMENTS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(PaymentsQuery, request.query_params.dict())
        return _page(request, query)

    @extend_schema(
        operation_id="record_split_payment",
        summary="Record one payment for several loans of a borrower, all of it or nothing",
        tags=["payments"],
        parameters=[IDEMPOTENCY_KEY],
        request=SplitPaymentIn,
        responses={201: SplitPaymentOut, **problems(*REFUSED_WRITE, SplitDoesNotAddUp)},
        examples=[
            OpenApiExample("two loans", value=examples.SPLIT_PAYMENT_IN, request_only=True),
            OpenApiExample("two loans", value=examples.SPLIT_PAYMENT, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest) -> Response:
        return answer_once(request, lambda: self._receive(request, today=lender_today()))

    def _receive(self, request: PartnerRequest, *, today: date) -> Response:
        given = checked(SplitPaymentIn, request.data)
        loans = visible_loans(request, [part["loan"] for part in given["parts"]])
        parts = [
            (loan, in_currency_of(loan, part["amount"]).minor) for loan, part in zip(loans, given["parts"], strict=True)
        ]
        loan = loans[0]
        group = receive_split_payment(
            borrower_id=loan.borrower_id,
            parts=[(each.pk, minor) for each, minor in parts],
            total_minor=in_currency_of(loan, given["total"]).minor,
            received_on=given["received_on"],
            today=today,
            reference=stored_reference(request.partner, given["reference"]),
            channel=Channel.PARTNER,
            actor=actor_of(request),
        )
        group.refresh_from_db()
        return Response(SplitPaymentOut(group, context={"partner": request.partner}).data, status=201)


class PaymentDetail(PartnerView):
    scopes = {"GET": ["payments:read"]}

    @extend_schema(
        operation_id="get_payment",
        summary="Read a payment: what it paid, installment by installment, and whether it held",
        tags=["payments"],
        parameters=[PAYMENT, PaymentQuery],
        responses={200: PaymentOut, **problems(*QUERY, PaymentNotFound)},
        examples=[OpenApiExample("payment", value=examples.PAYMENT, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, payment: str) -> Response:
        query = checked(PaymentQuery, request.query_params.dict())
        mine = Payment.objects.visible_to(request.user).filter(reference=reference_of(payment))
        found = list(payments_shown(mine))
        if not found:
            raise PaymentNotFound(_("There is no such payment."), field="payment")
        [shown] = payments_json(found, partner=request.partner)
        return Response(only(shown, query.get("fields")))


class SplitPaymentDetail(PartnerView):
    scopes = {"GET": ["payments:read"]}

    @extend_schema(
        operation_id="get_split_payment",
        summary="Read a payment for several loans, as this partner recorded it, with its parts",
        tags=["payments"],
        parameters=[SPLIT, SplitPaymentQuery],
        responses={200: SplitPaymentOut, **problems(*QUERY, PaymentNotFound)},
        examples=[OpenApiExample("two loans", value=examples.SPLIT_PAYMENT, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, split: str) -> Response:
        query = checked(SplitPaymentQuery, request.query_params.dict())
        group = PaymentGroup.objects.filter(reference=reference_of(split)).first()
        seen = Payment.objects.visible_to(request.user).filter(group_part__group=group)
        if group is None or own_reference(group, request.partner) is None or not seen.exists():
            raise PaymentNotFound(_("There is no such payment."), field="split")
        shown = SplitPaymentOut(group, context={"partner": request.partner}).data
        return Response(only(shown, query.get("fields")))


def payment_answer(request: PartnerRequest, payment: Payment) -> Response:
    """Answer with what is written of a payment that was just recorded, or recorded before."""
    written = list(payments_shown(Payment.objects.filter(pk=payment.pk)))
    [shown] = payments_json(written, partner=request.partner)
    return Response(shown, status=201)


def _page(request: PartnerRequest, query: dict[str, Any], *, of: list[Loan] | None = None) -> Response:
    mine = Payment.objects.visible_to(request.user).filter(loan__in=loans_of(request) if of is None else of)
    shown = payments_shown(filtered(mine, query, partner=request.partner))
    page = newest_first(shown, limit=query["limit"], cursor=query["cursor"], of=asked_list(request))
    answer = {"results": payments_json(page.rows, partner=request.partner), "next_cursor": page.next_cursor}
    return Response(only(answer, query.get("fields")))
