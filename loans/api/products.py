"""Products: what can be applied for, on which terms, and what a loan of one would cost."""

from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.reading import only
from dashu.api.schema import BODY, QUERY, Refusal, problems
from dashu.api.views import PartnerView
from dashu.finance.rate_cap import RateAboveBound
from dashu.kernel.dates import InvalidDate, lender_today
from dashu.kernel.money import CurrencyMismatch, InvalidAmount
from dashu.policy.selectors import PolicyRuleMissing
from loans.api import product_examples as examples
from loans.api.application_serializers import OfferedProductsOut, OfferedProductsQuery
from loans.api.product_serializers import ProductQuery, ProductQuoteIn, ProductQuoteOut, ProductTermsOut
from loans.api.product_telling import quote_shown, terms_shown
from loans.selectors.products import UnknownProduct, offered_products, product_terms
from loans.services.create_loan import OutsideProduct
from loans.services.product_quotes import quote_product

CODE = OpenApiParameter("code", str, OpenApiParameter.PATH, description="`code` of the product.")


class Products(PartnerView):
    scopes = {"GET": ["applications:read"]}

    @extend_schema(
        operation_id="list_products",
        summary="List what can be applied for today, with its bounds",
        tags=["products"],
        parameters=[OfferedProductsQuery],
        responses={200: OfferedProductsOut, **problems(*QUERY)},
        examples=[OpenApiExample("one", value=examples.PRODUCTS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(OfferedProductsQuery, request.query_params.dict())
        offered = {"products": offered_products(on=lender_today())}
        shown = OfferedProductsOut(offered, context={"currency": settings.CURRENCY}).data
        return Response({"products": [only(product, query.get("fields")) for product in shown["products"]]})


class Product(PartnerView):
    scopes = {"GET": ["applications:read"]}

    @extend_schema(
        operation_id="get_product",
        summary="Read all terms of a product as they are in force today, or on another day",
        description="A loan keeps the version that it was made under, so its terms may be others than today's.",
        tags=["products"],
        parameters=[CODE, ProductQuery],
        responses={200: ProductTermsOut, **problems(*QUERY, InvalidDate, UnknownProduct, PolicyRuleMissing)},
        examples=[OpenApiExample("consumer", value=examples.PRODUCT, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, code: str) -> Response:
        query = checked(ProductQuery, request.query_params.dict())
        on = query.get("as_of") or lender_today()
        version = terms_shown(product_terms(_whole(code), on=on), on=on, currency=settings.CURRENCY)
        document = ProductTermsOut(version, context={"currency": settings.CURRENCY}).data
        return Response(only(document, query.get("fields")))


class ProductQuotes(PartnerView):
    scopes = {"POST": ["quotes"]}

    @extend_schema(
        operation_id="quote_product",
        summary="Work out what a loan of a product would cost, with its yearly cost held against the cap",
        description=(
            "Nothing is written and nothing is promised, so it needs no `Idempotency-Key`. The same sheet is read "
            "before a contract is signed."
        ),
        tags=["quotes"],
        parameters=[CODE],
        request=ProductQuoteIn,
        responses={
            200: ProductQuoteOut,
            **problems(
                *BODY,
                InvalidAmount,
                CurrencyMismatch,
                Refusal(422, "invalid_date", "The date is not written as year-month-day."),
                UnknownProduct,
                OutsideProduct,
                RateAboveBound,
                PolicyRuleMissing,
            ),
        },
        examples=[
            OpenApiExample("three months", value=examples.PRODUCT_QUOTE_IN, request_only=True),
            OpenApiExample("three months", value=examples.PRODUCT_QUOTE, response_only=True, status_codes=["200"]),
        ],
    )
    def post(self, request: PartnerRequest, code: str) -> Response:
        given = checked(ProductQuoteIn, request.data)
        on = given.get("starts_on") or lender_today()
        version = product_terms(_whole(code), on=on)
        if given["amount"].currency != settings.CURRENCY:
            raise CurrencyMismatch(
                _("This product lends in %(currency)s. Send the amount in that currency."),
                field="amount",
                params={"currency": settings.CURRENCY},
            )
        rate = given.get("annual_rate")
        sheet = quote_product(
            version,
            principal=given["amount"].minor,
            count=given["months"],
            annual_rate=None if rate is None else Decimal(rate),
            on=on,
            currency=settings.CURRENCY,
        )
        return Response(ProductQuoteOut(quote_shown(version, sheet, months=given["months"])).data)


def _whole(code: str) -> str:
    """Return the code as the database can be asked for it; what is none is no product's."""
    return "" if "\0" in code else code
