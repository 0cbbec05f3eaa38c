from typing import Any

from rest_framework import serializers

from dashu.api.fields import AmountText, MinorField
from dashu.api.pagination import PageQuery
from dashu.finance.day_counts import DayCount
from dashu.finance.fees import FeeTiming
from dashu.finance.periods import Period
from dashu.finance.rounding import Rounding
from dashu.finance.terms import Method
from dashu.kernel.money import EXPONENTS
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


class FeeIn(serializers.Serializer):
    code = serializers.CharField(max_length=40)
    amount = AmountText()
    timing = serializers.ChoiceField(
        choices=[timing.value for timing in FeeTiming],
        help_text="upfront: kept back at payout; spread: over all installments; each: with every installment.",
    )


class QuoteIn(serializers.Serializer):
    """
    Terms, as `manage.py quote` reads them. Describes only: `loans.domain.quoting` is what reads and refuses.

    The last five are accepted at the value that changes nothing.
    """

    principal = AmountText()
    currency = serializers.ChoiceField(choices=sorted(EXPONENTS), required=False, help_text="Without it CNY.")
    annual_rate = serializers.RegexField(r"^[0-9]+(\.[0-9]{1,12})?$", help_text='A fraction as text: "0.18" is 18%.')
    method = serializers.ChoiceField(choices=[method.value for method in Method])
    count = serializers.IntegerField(min_value=1, max_value=600)
    period = serializers.ChoiceField(choices=[period.value for period in Period], required=False)
    every = serializers.IntegerField(min_value=1, max_value=366, required=False)
    day_count = serializers.ChoiceField(choices=[day_count.value for day_count in DayCount], required=False)
    disbursed_on = serializers.DateField()
    first_due_on = serializers.DateField(required=False, allow_null=True)
    due_day = serializers.IntegerField(min_value=1, max_value=31, required=False, allow_null=True)
    balloon = AmountText(required=False)
    fees = FeeIn(many=True, required=False)
    rounding = serializers.ChoiceField(choices=[rounding.value for rounding in Rounding], required=False)
    grace_principal = serializers.IntegerField(min_value=0, max_value=0, required=False)
    grace_interest = serializers.IntegerField(min_value=0, max_value=0, required=False)
    interest_free = serializers.IntegerField(min_value=0, max_value=0, required=False)
    calendar = serializers.CharField(required=False, allow_null=True)
    business_day = serializers.ChoiceField(choices=["none"], required=False)


class QuotedInstallment(serializers.Serializer):
    number = serializers.IntegerField()
    period_from = serializers.DateField()
    due_on = serializers.DateField()
    days = serializers.IntegerField()
    principal = AmountText()
    interest = AmountText()
    fee = AmountText()
    total = AmountText()
    balance = AmountText(help_text="Principal outstanding after this installment.")


class QuoteTotals(serializers.Serializer):
    principal = AmountText()
    interest = AmountText()
    fee = AmountText()
    total = AmountText(help_text="All that the installments ask for.")
    upfront_fee = AmountText()
    received = AmountText(help_text="What reaches the borrower after fees kept back.")
    cost = AmountText(help_text="All that is paid beyond the principal.")


class AnnualRates(serializers.Serializer):
    irr_nominal = serializers.CharField(help_text="The period rate of all payments times the periods of a year.")
    irr_effective = serializers.CharField(help_text="The same rate compounded over a year.")


class QuoteOut(serializers.Serializer):
    """Amounts in the currency of the terms."""

    installments = QuotedInstallment(many=True)
    totals = QuoteTotals()
    annual_rates = AnnualRates()
