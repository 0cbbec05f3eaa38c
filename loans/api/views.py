from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashu.api.fields import checked
from dashu.api.pagination import InvalidCursor, newest_first
from dashu.api.schema import QUERY, Refusal, problems
from loans.api.serializers import LoanPage, LoanQuery, loan_page
from loans.models import Loan

LOANS_EXAMPLE: dict[str, Any] = {
    "results": [
        {
            "id": "DS20260000123",
            "status": "ACTIVE",
            "product": {"code": "consumer", "name": "Consumer loan", "version": 1},
            "principal": {"amount": "12000.00", "currency": "CNY"},
            "annual_rate": "0.180000",
            "method": "equal_installment",
            "installment_count": 12,
            "starts_on": "2026-01-15",
            "first_due_on": None,
        }
    ],
    "next_cursor": None,
}


class Loans(APIView):
    required_scopes = ["loans:read"]

    @extend_schema(
        operation_id="list_loans",
        summary="List the loans this partner brought, newest first",
        tags=["loans"],
        parameters=[LoanQuery],
        responses={
            200: LoanPage,
            **problems(*QUERY, InvalidCursor, Refusal(422, "invalid_choice", "There is no such status.")),
        },
        examples=[OpenApiExample("one loan", value=LOANS_EXAMPLE, response_only=True, status_codes=["200"])],
    )
    def get(self, request: Request) -> Response:
        query = checked(LoanQuery, request.query_params.dict())
        loans = Loan.objects.visible_to(request.user).select_related("product_terms__product")
        if status := query.get("status"):
            loans = loans.filter(status=status)
        return Response(loan_page(newest_first(loans, limit=query["limit"], cursor=query["cursor"])))
