from typing import Any

from rest_framework import serializers

from dashu.api.fields import MinorField
from dashu.api.pagination import PageQuery
from loans.models import Loan


class LoanQuery(PageQuery):
    """The query parameters of the list of loans."""

    status = serializers.ChoiceField(choices=Loan.Status.values, required=False)


class ProductOut(serializers.Serializer):
    code = serializers.CharField(source="product.code")
    name = serializers.CharField(source="product.label", help_text="In the language asked for.")
    version = serializers.IntegerField()


class LoanOut(serializers.Serializer):
    """A contract as agreed. Rates are fractions: 0.18 is 18% a year."""

    id = serializers.CharField(source="number", help_text="The loan number, used in the addresses of this loan.")
    status = serializers.ChoiceField(choices=Loan.Status.values)
    product = ProductOut(source="product_terms")
    principal = MinorField(source="principal_minor")
    annual_rate = serializers.DecimalField(max_digits=9, decimal_places=6)
    method = serializers.CharField()
    installment_count = serializers.IntegerField()
    starts_on = serializers.DateField()
    first_due_on = serializers.DateField(allow_null=True, help_text="null where the due day alone decides it.")


class LoanPage(serializers.Serializer):
    results = LoanOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


def loan_page(page: Any) -> dict[str, Any]:
    return dict(LoanPage({"results": page.rows, "next_cursor": page.next_cursor}).data)
