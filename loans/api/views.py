from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from dashu.api.schema import BODY, problems
from dashu.api.views import PartnerView
from dashu.finance.annual_rates import NoAnnualRate
from dashu.finance.calendars import UnknownCalendar
from dashu.finance.periods import InvalidDueRule
from dashu.finance.rate_cap import RateAboveBound
from dashu.finance.terms import InvalidTerms, NegativeAmortization
from dashu.kernel.dates import InvalidDate
from dashu.kernel.documents import InvalidRate
from dashu.kernel.money import CurrencyMismatch, InvalidAmount
from dashu.policy.pack_files import UnknownPack
from dashu.policy.selectors import PolicyRuleMissing
from loans.api import examples
from loans.api.serializers import QuoteIn, QuoteOut
from loans.domain.quoting import quote_document
from loans.selectors.rate_limits import limits_of_pack


class Quotes(PartnerView):
    scopes = {"POST": ["quotes"]}

    @extend_schema(
        operation_id="quote",
        summary="Work out the installments, totals and annual rates of terms; nothing is written",
        tags=["quotes"],
        request=QuoteIn,
        responses={
            200: QuoteOut,
            **problems(
                *BODY,
                InvalidAmount,
                CurrencyMismatch,
                InvalidRate,
                InvalidDate,
                InvalidTerms,
                UnknownCalendar,
                InvalidDueRule,
                NegativeAmortization,
                NoAnnualRate,
                RateAboveBound,
                UnknownPack,
                PolicyRuleMissing,
            ),
        },
        examples=[
            OpenApiExample("three months", value=examples.TERMS, request_only=True),
            OpenApiExample("three months", value=examples.QUOTE, response_only=True, status_codes=["200"]),
        ],
    )
    def post(self, request: Request) -> Response:
        return Response(quote_document(request.data, limits_of_pack))
