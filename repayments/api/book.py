"""The book of a partner's loans on a past day: loan by loan, and its totals."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any

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
from repayments.api.book_serializers import (
    BookOut,
    BookQuery,
    BookTotalsOut,
    BookTotalsQuery,
    totals_document,
)
from repayments.api.seeing import loans_of
from repayments.selectors.book_on import Picked, UnknownChoice, book_page, moment_of, refuse_unanswerable
from repayments.selectors.book_totals import told_totals
from repayments.selectors.past_days import DateInFuture, end_of

REFUSALS = (*QUERY, InvalidDate, DateInFuture, UnknownChoice)


class Book(PartnerView):
    scopes = {"GET": ["loans:read"]}

    @extend_schema(
        operation_id="get_book",
        summary="List where each of this partner's loans stood on any day, as known now or on any day",
        tags=["book"],
        parameters=[BookQuery],
        responses={200: BookOut, **problems(*REFUSALS, InvalidCursor)},
        examples=[OpenApiExample("one loan", value=examples.BOOK, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(BookQuery, request.query_params.dict())
        as_of, known_on, picked = asked_for(query, today=lender_today())
        here = asked_list(request, as_of=as_of)
        if query["cursor"]:
            after, known = opened(query["cursor"], of=here)
            known_at = datetime.fromisoformat(known)
        else:
            after, known_at = 0, moment_of(known_on)
        loans = loans_of(request)
        if "ids" in query:
            loans = loans.filter(number__in=query["ids"])
        page = book_page(loans, as_of=as_of, known_at=known_at, picked=picked, after=after, size=query["limit"])
        cursor = None if page.after is None else sealed([page.after, known_at.isoformat()], of=here)
        shown = {"as_of": as_of, "known_on": known_on, "results": page.loans, "next_cursor": cursor}
        return Response(only(dict(BookOut(shown).data), query.get("fields")))


class BookTotals(PartnerView):
    scopes = {"GET": ["loans:read"]}

    @extend_schema(
        operation_id="get_book_totals",
        summary="Sum up this partner's loans on any day, and what has been learned of that day since",
        tags=["book"],
        parameters=[BookTotalsQuery],
        responses={200: BookTotalsOut, **problems(*REFUSALS)},
        examples=[OpenApiExample("totals", value=examples.BOOK_TOTALS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(BookTotalsQuery, request.query_params.dict())
        as_of, known_on, picked = asked_for(query, today=lender_today())
        loans = loans_of(request)
        known_at = None if known_on is None else end_of(known_on)
        told = told_totals(loans, as_of=as_of, known_at=known_at, picked=picked)
        shown = {"as_of": as_of, "known_on": known_on, "totals": [totals_document(each) for each in told]}
        return Response(only(BookTotalsOut(shown).data, query.get("fields")))


def asked_for(query: Mapping[str, Any], *, today: date) -> tuple[date, date | None, Picked]:
    """
    Return the day, the day up to which postings count, and which loans.

    :raises DateInFuture, UnknownChoice: there is no such day yet, or no such code.
    """
    as_of, known_on = query.get("as_of") or today - timedelta(days=1), query.get("known_on")
    picked = Picked(**{field.name: query[field.name] for field in fields(Picked)})
    refuse_unanswerable(as_of=as_of, known_on=known_on, picked=picked, today=today)
    return as_of, known_on, picked
