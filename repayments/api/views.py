from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.schema import IDEMPOTENCY_KEY, QUERY, WRITE, Refusal, problems
from dashu.kernel.dates import InvalidDate, lender_today
from dashu.kernel.money import CurrencyMismatch, InvalidAmount, Money
from dashu.users.actors import actor_of
from loans.models import Loan
from repayments.api import examples
from repayments.api.serializers import (
    PaymentIn,
    PaymentOut,
    PositionOut,
    PositionQuery,
    ScheduleOut,
    ScheduleQuery,
    SplitPaymentIn,
    SplitPaymentOut,
    stored_reference,
)
from repayments.models import Channel
from repayments.selectors.past_days import DateInFuture, NotPaidOutThen, facts_on, refuse_future
from repayments.selectors.schedules import ScheduleNotFound, full_schedule
from repayments.services.booking import DateOutsideContract, LoanNotFound, refuse_outside_contract
from repayments.services.receive_payment import LoanNotPayable, ReferenceReused, receive_payment
from repayments.services.split_payment import SplitDoesNotAddUp, receive_split_payment

NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH, description="The loan number: `id` of the loan.")


class Schedule(APIView):
    required_scopes = ["loans:read"]

    @extend_schema(
        operation_id="get_schedule",
        summary="Read a loan's schedule and what is paid of it",
        tags=["loans"],
        parameters=[NUMBER, ScheduleQuery],
        responses={200: ScheduleOut, **problems(*QUERY, LoanNotFound, ScheduleNotFound)},
        examples=[OpenApiExample("schedule", value=examples.SCHEDULE, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(ScheduleQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        schedule = full_schedule(loan, version=query.get("version"))
        return Response(ScheduleOut(schedule, context={"currency": loan.currency}).data)


class Position(APIView):
    required_scopes = ["loans:read"]

    @extend_schema(
        operation_id="get_position",
        summary="Read where a loan stood on any day, as known now or on any day",
        tags=["loans"],
        parameters=[NUMBER, PositionQuery],
        responses={
            200: PositionOut,
            **problems(*QUERY, InvalidDate, LoanNotFound, NotPaidOutThen, DateOutsideContract, DateInFuture),
        },
        examples=[OpenApiExample("position", value=examples.POSITION, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(PositionQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        today = lender_today()
        as_of = query.get("as_of") or today - timedelta(days=1)
        refuse_outside_contract(loan, as_of, today=today, field="as_of")
        known_on = query.get("known_on")
        refuse_future(known_on, today=today, field="known_on")
        facts = facts_on(loan, as_of=as_of, known_on=known_on)
        return Response(PositionOut(facts, context={"currency": loan.currency}).data)


class Payments(APIView):
    required_scopes = ["payments:write"]

    @extend_schema(
        operation_id="record_payment",
        summary="Record a payment that the borrower made to the partner",
        tags=["payments"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=PaymentIn,
        responses={
            201: PaymentOut,
            **problems(
                *WRITE,
                InvalidAmount,
                CurrencyMismatch,
                Refusal(422, "invalid_date", "The date is not written as year-month-day."),
                DateOutsideContract,
                LoanNotFound,
                LoanNotPayable,
                ReferenceReused,
            ),
        },
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
        payment.refresh_from_db()
        return Response(PaymentOut(payment, context={"currency": loan.currency}).data, status=201)


class SplitPayments(APIView):
    required_scopes = ["payments:write"]

    @extend_schema(
        operation_id="record_split_payment",
        summary="Record one payment for several loans of a borrower, all of it or nothing",
        tags=["payments"],
        parameters=[IDEMPOTENCY_KEY],
        request=SplitPaymentIn,
        responses={
            201: SplitPaymentOut,
            **problems(
                *WRITE,
                InvalidAmount,
                CurrencyMismatch,
                Refusal(422, "invalid_date", "The date is not written as year-month-day."),
                DateOutsideContract,
                LoanNotFound,
                LoanNotPayable,
                ReferenceReused,
                SplitDoesNotAddUp,
            ),
        },
        examples=[
            OpenApiExample("two loans", value=examples.SPLIT_PAYMENT_IN, request_only=True),
            OpenApiExample("two loans", value=examples.SPLIT_PAYMENT, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest) -> Response:
        return answer_once(request, lambda: self._receive(request, today=lender_today()))

    def _receive(self, request: PartnerRequest, *, today: date) -> Response:
        given = checked(SplitPaymentIn, request.data)
        parts = []
        for part in given["parts"]:
            loan = visible_loan(request, part["loan"])
            parts.append((loan, in_currency_of(loan, part["amount"]).minor))
        loan = parts[0][0]
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
        return Response(SplitPaymentOut(group, context={"currency": group.currency}).data, status=201)


def visible_loan(request: PartnerRequest, number: str) -> Loan:
    """
    Return the loan with this number; another partner's loan is as unknown as one that does not exist.

    :raises LoanNotFound: the partner sees no such loan.
    """
    loan = None if "\0" in number else Loan.objects.visible_to(request.user).filter(number=number).first()
    if loan is None:
        raise LoanNotFound(_("There is no such loan."), field="loan")
    return loan


def in_currency_of(loan: Loan, amount: Money) -> Money:
    if amount.currency != loan.currency:
        raise CurrencyMismatch(
            _("This loan is in %(currency)s. Send the amount in that currency."),
            field="amount",
            params={"currency": loan.currency},
        )
    return amount
