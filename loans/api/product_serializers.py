"""The terms of a product as partners read them, and what a loan of it would cost."""

from rest_framework import serializers

from dashu.api.fields import LenderDateField, MoneyField, StrictSerializer
from dashu.api.reading import ReadQuery
from dashu.finance.allocation import Direction, Surplus
from dashu.finance.day_counts import DayCount
from dashu.finance.installments import Component
from dashu.finance.loan import InterestBasis
from dashu.finance.penalty import PenaltyBase
from dashu.finance.periods import Period
from dashu.finance.rounding import Rounding
from loans.api.application_serializers import OfferedProduct
from loans.api.decision_serializers import NOW, CostsOut, rate_field
from loans.domain.fees import FeeWhen

MOST_MONTHS = 600


class ProductVersionOut(serializers.Serializer):
    """One version; a loan keeps the one that it was made under."""

    version = serializers.IntegerField()
    effective_from = serializers.DateField()
    is_in_force = serializers.BooleanField(help_text="On the day that was asked for.")


class ProductFeeOut(serializers.Serializer):
    """What may be charged beside interest and penalty interest. What has no line is never charged."""

    code = serializers.CharField()
    name = serializers.CharField(help_text=NOW)
    payee = serializers.CharField(help_text=f"Who receives it. {NOW}")
    when = serializers.ChoiceField(choices=[when.value for when in FeeWhen])
    amount = MoneyField(allow_null=True, help_text="Of one charge, at most on an event; null where `rate` decides.")
    rate = rate_field("Of the principal, instead of an amount.", allow_null=True)
    cap = MoneyField(allow_null=True, help_text="The most that the rate gives; null without one.")
    is_once = serializers.BooleanField(help_text="All charges on events together stay within the amount.")


class ProductPenaltyOut(serializers.Serializer):
    """What a delay costs a year of what is overdue, by the contract's rate."""

    lowest_annual_rate = rate_field("At the lowest contract rate.")
    highest_annual_rate = rate_field("At the highest contract rate.")
    base = serializers.ChoiceField(choices=[base.value for base in PenaltyBase])
    year_days = serializers.IntegerField()
    grace_days = serializers.IntegerField(help_text="Days after a due date that are never charged.")


class ProductAllocationOut(serializers.Serializer):
    """Which due a payment pays first."""

    order = serializers.ListField(child=serializers.ChoiceField(choices=[part.value for part in Component]))
    direction = serializers.ChoiceField(choices=[each.value for each in Direction])
    surplus = serializers.ChoiceField(
        choices=[each.value for each in Surplus], help_text="What money beyond what is due does."
    )


class ProductCovenantOut(serializers.Serializer):
    """What a business promises beside repaying."""

    code = serializers.CharField()
    text = serializers.CharField(help_text=NOW)
    after_months = serializers.IntegerField(help_text="From the contract to the first date.")
    every_months = serializers.IntegerField(allow_null=True, help_text="null where it is kept once.")


class ProductTermsOut(OfferedProduct):
    """All terms of the version of a product that is in force on a day."""

    as_of = serializers.DateField()
    effective_from = serializers.DateField()
    rate_cap = rate_field("What all costs together may come to a year, on that day.")
    period = serializers.ChoiceField(choices=[period.value for period in Period], source="rules.period.value")
    day_count = serializers.ChoiceField(choices=[each.value for each in DayCount], source="rules.day_count.value")
    rounding = serializers.ChoiceField(choices=[each.value for each in Rounding], source="rules.rounding.value")
    interest_basis = serializers.ChoiceField(
        choices=[each.value for each in InterestBasis], source="rules.interest_basis.value"
    )
    interest_year_days = serializers.IntegerField(source="rules.interest_year_days", help_text="Of daily interest.")
    tolerance_bps = serializers.IntegerField(
        source="rules.tolerance_bps", help_text="Shortfall of an installment that does not count as missed."
    )
    allocation = ProductAllocationOut()
    penalty = ProductPenaltyOut(allow_null=True, help_text="null where a delay costs nothing.")
    fees = ProductFeeOut(many=True)
    covenants = ProductCovenantOut(many=True)
    schedule = serializers.DictField(help_text="Further terms of the schedule, as `POST /quotes` names them.")
    versions = ProductVersionOut(many=True, help_text="Every published version, the newest first.")


class ProductQuery(ReadQuery):
    """The query parameters of a product."""

    shape = ProductTermsOut

    as_of = LenderDateField(required=False, help_text="The day whose terms are asked for; without it today.")


class ProductQuoteIn(StrictSerializer):
    """What somebody would borrow."""

    amount = MoneyField(help_text="Within what the product lends.")
    months = serializers.IntegerField(min_value=1, max_value=MOST_MONTHS)
    starts_on = LenderDateField(required=False, help_text="The day of the payout; without it today.")
    annual_rate = serializers.RegexField(
        r"^[0-9](\.[0-9]{1,6})?\Z",
        required=False,
        trim_whitespace=False,
        help_text="Of the contract, a fraction as text. Without it the most that anybody is asked for, which somebody "
        "of whom nothing is known has to reckon with.",
    )


class QuotedProductOut(serializers.Serializer):
    code = serializers.CharField(source="product.code")
    name = serializers.CharField(source="product.label", help_text=NOW)
    version = serializers.IntegerField()


class ProductQuoteOut(CostsOut):
    """What the loan would cost. It promises nothing: whether and at what rate it is lent is decided on application."""

    product = QuotedProductOut()
    months = serializers.IntegerField()
    is_within_cap = serializers.BooleanField()
    cap_margin = rate_field("`rate_cap` less `all_in_rate`; negative above the cap.")
