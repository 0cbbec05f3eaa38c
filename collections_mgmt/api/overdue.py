"""How far behind a partner's loans are, and how that changed."""

from datetime import date

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from collections_mgmt.api import overdue_examples as examples
from collections_mgmt.api.overdue_serializers import (
    LoanOverdueOut,
    LoanOverdueQuery,
    OverdueHistoryPage,
    OverdueHistoryQuery,
    OverdueListQuery,
    OverduePage,
    overdue_json,
)
from collections_mgmt.models import OverdueStatus
from collections_mgmt.selectors.overdue_facts import changes_of, facts_of, facts_of_loan
from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.pagination import InvalidCursor, asked_list, newest_first, opened, sealed
from dashu.api.reading import only
from dashu.api.schema import QUERY, problems
from dashu.api.views import PartnerView
from dashu.kernel.dates import InvalidDate, lender_today
from repayments.api.seeing import NUMBER, visible_loan
from repayments.services.booking import LoanNotFound


class LoanOverdue(PartnerView):
    scopes = {"GET": ["overdue:read"]}

    @extend_schema(
        operation_id="get_overdue",
        summary="Read how far behind a loan is, since when, and whether its borrower is left in peace",
        tags=["overdue"],
        parameters=[NUMBER, LoanOverdueQuery],
        responses={200: LoanOverdueOut, **problems(*QUERY, LoanNotFound)},
        examples=[OpenApiExample("behind", value=examples.OVERDUE, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(LoanOverdueQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        [shown] = overdue_json([facts_of_loan(loan, today=lender_today())])
        return Response(only(shown, query.get("fields")))


class LoanOverdueHistory(PartnerView):
    scopes = {"GET": ["overdue:read"]}

    @extend_schema(
        operation_id="list_overdue_changes",
        summary="List the changes of a loan's bucket, classification and stage, newest first",
        tags=["overdue"],
        parameters=[NUMBER, OverdueHistoryQuery],
        responses={200: OverdueHistoryPage, **problems(*QUERY, InvalidCursor, InvalidDate, LoanNotFound)},
        examples=[OpenApiExample("one", value=examples.HISTORY, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(OverdueHistoryQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        here = asked_list(request)
        before = date.fromisoformat(opened(query["cursor"], of=here)) if query["cursor"] else None
        found = list(
            changes_of(
                loan,
                first=query.get("changed_from"),
                last=query.get("changed_to"),
                before=before,
                size=query["limit"] + 1,
            )
        )
        rows = found[: query["limit"]]
        more = len(found) > len(rows)
        cursor = sealed(rows[-1].changed_on.isoformat(), of=here) if more else None
        page = OverdueHistoryPage({"results": rows, "next_cursor": cursor}).data
        return Response(only(page, query.get("fields")))


class Overdue(PartnerView):
    scopes = {"GET": ["overdue:read"]}

    @extend_schema(
        operation_id="list_overdue",
        summary="List the loans this partner brought that are behind, the newest loan first",
        tags=["overdue"],
        parameters=[OverdueListQuery],
        responses={200: OverduePage, **problems(*QUERY, InvalidCursor)},
        examples=[OpenApiExample("one", value=examples.OVERDUE_PAGE, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(OverdueListQuery, request.query_params.dict())
        # Naming the partner again, by its key, is what lets the index of a partner's loans find them.
        mine = OverdueStatus.objects.visible_to(request.user).filter(loan__partner=request.partner)
        asked = {
            "bucket": query.get("bucket"),
            "classification": query.get("classification"),
            "stage": query.get("stage"),
            "days_past_due__gte": query["days_from"] or None,
            "days_past_due__lte": query.get("days_to"),
            "loan__number__in": query.get("ids"),
        }
        mine = mine.filter(**{name: value for name, value in asked.items() if value is not None})
        page = newest_first(
            mine.select_related("loan"), limit=query["limit"], cursor=query["cursor"], of=asked_list(request)
        )
        rows = overdue_json(facts_of(page.rows, today=lender_today()))
        return Response(only({"results": rows, "next_cursor": page.next_cursor}, query.get("fields")))
