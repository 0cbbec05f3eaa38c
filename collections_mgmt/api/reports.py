"""Reports on the loans that a partner brought, as JSON and as CSV; each is one query over a bounded period."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from collections_mgmt.api import report_examples as examples
from collections_mgmt.api.report_serializers import (
    MOST_DAYS,
    MOST_MONTHS,
    BookCellOut,
    CashDayOut,
    CashOut,
    CashQuery,
    MovedOut,
    MovementOut,
    MovementQuery,
    PortfolioOut,
    PortfolioQuery,
    VintageMonthOut,
    VintagesOut,
    VintagesQuery,
)
from collections_mgmt.selectors.vintages import vintages_of
from dashu.api.authentication import PartnerRequest
from dashu.api.csv_files import CsvRenderer
from dashu.api.fields import checked
from dashu.api.file_examples import csv_example
from dashu.api.reading import ReadQuery, only
from dashu.api.schema import QUERY, problems
from dashu.api.views import PartnerView
from dashu.kernel.dates import InvalidDate, lender_today
from dashu.kernel.errors import DomainError
from repayments.api.seeing import loans_of
from repayments.selectors.partner_reports import arrears_moved, book_by_state, cash_by_day
from repayments.selectors.past_days import DateInFuture, refuse_future

REFUSALS = (*QUERY, InvalidDate, DateInFuture)


class ReportPeriodInvalid(DomainError):
    """The last day lies before the first, or too long after it."""

    code = "report_period_invalid"


class Report(PartnerView):
    """:cvar row: how one row is written; its fields are the columns of the CSV."""

    scopes = {"GET": ["reports:read"]}
    renderer_classes = [JSONRenderer, CsvRenderer]
    row: ClassVar[type[serializers.Serializer]]

    @property
    def columns(self) -> list[str]:
        return list(self.row().fields)

    def asked(self, query: type[ReadQuery], request: PartnerRequest) -> dict[str, Any]:
        return checked(query, request.query_params.dict())

    def answer(self, about: Mapping[str, date], rows: list[Any], names: list[str] | None) -> Response:
        shown = {name: day.isoformat() for name, day in about.items()}
        return Response(only({**shown, "results": self.row(rows, many=True).data}, names))


class Portfolio(Report):
    row = BookCellOut

    @extend_schema(
        operation_id="get_portfolio_report",
        summary="Sum up this partner's loans on a day by product, status and bucket",
        tags=["reports"],
        parameters=[PortfolioQuery],
        responses={
            (200, "application/json"): PortfolioOut,
            (200, "text/csv"): OpenApiTypes.STR,
            **problems(*REFUSALS),
        },
        examples=[
            OpenApiExample("one cell", value=examples.PORTFOLIO, response_only=True, status_codes=["200"]),
            csv_example("one cell", examples.PORTFOLIO["results"]),
        ],
    )
    def get(self, request: PartnerRequest) -> Response:
        query, today = self.asked(PortfolioQuery, request), lender_today()
        as_of = query.get("as_of") or today - timedelta(days=1)
        refuse_future(as_of, today=today, field="as_of")
        return self.answer({"as_of": as_of}, book_by_state(loans_of(request), as_of=as_of), query.get("fields"))


class Cash(Report):
    row = CashDayOut

    @extend_schema(
        operation_id="get_cash_report",
        summary="Sum up the payments on this partner's loans by day and by the way they came",
        tags=["reports"],
        parameters=[CashQuery],
        responses={
            (200, "application/json"): CashOut,
            (200, "text/csv"): OpenApiTypes.STR,
            **problems(*REFUSALS, ReportPeriodInvalid),
        },
        examples=[
            OpenApiExample("one day", value=examples.CASH, response_only=True, status_codes=["200"]),
            csv_example("one day", examples.CASH["results"]),
        ],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = self.asked(CashQuery, request)
        first, last = period(query, today=lender_today())
        rows = cash_by_day(loans_of(request), first=first, last=last)
        return self.answer({"first": first, "last": last}, rows, query.get("fields"))


class Arrears(Report):
    row = MovedOut

    @extend_schema(
        operation_id="get_arrears_report",
        summary="Say from which bucket to which this partner's loans went between the ends of two days",
        tags=["reports"],
        parameters=[MovementQuery],
        responses={
            (200, "application/json"): MovementOut,
            (200, "text/csv"): OpenApiTypes.STR,
            **problems(*REFUSALS, ReportPeriodInvalid),
        },
        examples=[
            OpenApiExample("one move", value=examples.ARREARS, response_only=True, status_codes=["200"]),
            csv_example("one move", examples.ARREARS["results"]),
        ],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = self.asked(MovementQuery, request)
        first, last = period(query, today=lender_today())
        rows = arrears_moved(loans_of(request), first=first, last=last)
        return self.answer({"first": first, "last": last}, rows, query.get("fields"))


class Vintages(Report):
    row = VintageMonthOut

    @extend_schema(
        operation_id="get_vintage_report",
        summary="Say of the loans that began in each month how many were ever late, month by month",
        tags=["reports"],
        parameters=[VintagesQuery],
        responses={
            (200, "application/json"): VintagesOut,
            (200, "text/csv"): OpenApiTypes.STR,
            **problems(*REFUSALS, ReportPeriodInvalid),
        },
        examples=[
            OpenApiExample("one month", value=examples.VINTAGES, response_only=True, status_codes=["200"]),
            csv_example("one month", examples.VINTAGES["results"]),
        ],
    )
    def get(self, request: PartnerRequest) -> Response:
        query, today = self.asked(VintagesQuery, request), lender_today()
        as_of = query.get("as_of") or today - timedelta(days=1)
        refuse_future(as_of, today=today, field="as_of")
        first, last = query["first"], query["last"]
        if not timedelta(0) <= last - first <= timedelta(days=31 * MOST_MONTHS):
            raise ReportPeriodInvalid(
                _("The last day must lie from the first to %(most)s months after it."),
                field="last",
                params={"most": MOST_MONTHS},
            )
        rows = vintages_of(loans_of(request), first=first, last=last, as_of=as_of, months=query["months"])
        return self.answer({"as_of": as_of}, rows, query.get("fields"))


def period(query: Mapping[str, Any], *, today: date) -> tuple[date, date]:
    """
    Return the first and the last day.

    :raises DateInFuture: the last day has not come yet. :raises ReportPeriodInvalid: see there.
    """
    first, last = query["first"], query["last"]
    refuse_future(last, today=today, field="last")
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS):
        raise ReportPeriodInvalid(
            _("The last day must lie from the first to %(most)s days after it."),
            field="last",
            params={"most": MOST_DAYS},
        )
    return first, last
