"""A loan's schedule in all its versions, and where the loan stood on any day."""

from datetime import timedelta

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.pagination import InvalidCursor, asked_list, opened, sealed
from dashu.api.reading import only
from dashu.api.schema import QUERY, problems
from dashu.api.views import PartnerView
from dashu.kernel.dates import InvalidDate, lender_today
from repayments.api import examples
from repayments.api.seeing import NUMBER, visible_loan
from repayments.api.serializers import (
    PositionOut,
    PositionQuery,
    ScheduleOut,
    ScheduleQuery,
    ScheduleVersionPage,
    ScheduleVersionsQuery,
)
from repayments.selectors.past_days import DateInFuture, NotPaidOutThen, facts_on, refuse_future
from repayments.selectors.schedule_versions import versions_with_sums
from repayments.selectors.schedules import ScheduleNotFound, full_schedule
from repayments.services.booking import DateOutsideContract, LoanNotFound, refuse_outside_contract


class Schedule(PartnerView):
    scopes = {"GET": ["loans:read"]}

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
        shown = ScheduleOut(schedule, context={"currency": loan.currency, "today": lender_today()}).data
        return Response(only(shown, query.get("fields")))


class ScheduleVersions(PartnerView):
    scopes = {"GET": ["loans:read"]}

    @extend_schema(
        operation_id="list_schedule_versions",
        summary="List the versions of a loan's schedule, newest first: why, from when, and what each comes to",
        tags=["loans"],
        parameters=[NUMBER, ScheduleVersionsQuery],
        responses={200: ScheduleVersionPage, **problems(*QUERY, InvalidCursor, LoanNotFound)},
        examples=[OpenApiExample("one", value=examples.SCHEDULE_VERSIONS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(ScheduleVersionsQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        here = asked_list(request)
        before = opened(query["cursor"], of=here) if query["cursor"] else None
        found = versions_with_sums(loan, before=before, size=query["limit"] + 1)
        rows = found[: query["limit"]]
        cursor = sealed(rows[-1].version, of=here) if len(found) > len(rows) else None
        page = ScheduleVersionPage({"results": rows, "next_cursor": cursor}, context={"currency": loan.currency})
        return Response(only(page.data, query.get("fields")))


class Position(PartnerView):
    scopes = {"GET": ["loans:read"]}

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
        shown = PositionOut(facts, context={"currency": loan.currency}).data
        return Response(only(shown, query.get("fields")))
