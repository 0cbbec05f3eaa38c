from enum import StrEnum
from typing import Any

from rest_framework import serializers

from dashu.api.fields import AmountText, LenderDateField, MinorField, StrictSerializer, TruthField
from dashu.finance.calendars import CALENDARS, BusinessDay
from dashu.finance.day_counts import DayCount
from dashu.finance.fees import FeeBase, FeeTiming
from dashu.finance.floating import Reprice
from dashu.finance.periods import Period
from dashu.finance.rounding import Rounding
from dashu.finance.terms import (
    MOST_INSTALLMENTS,
    Accrual,
    Compounding,
    DeferredInterest,
    HolidayInterest,
    Method,
    OnRateChange,
    Remainder,
    Stub,
)
from dashu.kernel.money import EXPONENTS
from dashu.policy.rate_table_files import rate_tables
from loans.models import Loan


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
    borrower = serializers.CharField(
        source="borrower_reference", allow_null=True, help_text="The partner's reference; null where it gave none."
    )
    created_at = serializers.DateTimeField()


def _choice(kind: type[StrEnum], **options: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[choice.value for choice in kind], **{"required": False, **options})


def _rate(**options: Any) -> serializers.RegexField:
    return serializers.RegexField(
        r"^[0-9]+(\.[0-9]{1,12})?$", **{"help_text": 'A fraction as text: "0.18" is 18%.', **options}
    )


class DocumentShape(StrictSerializer):
    """Describes an object that `dashu.kernel.documents` reads: there null is as good as leaving a name out."""

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for field in fields.values():
            field.allow_null = field.allow_null or not field.required
        return fields


class FeeIn(DocumentShape):
    code = serializers.CharField(max_length=40)
    amount = AmountText(required=False, help_text="Tax included. Leave it out where `share` is given.")
    timing = _choice(
        FeeTiming,
        required=True,
        help_text=(
            "upfront: kept back at payout; upfront_paid: paid on the day of payout; financed: added to the principal; "
            "spread: over all installments; each: with every installment; on_event: only when something happens."
        ),
    )
    share = _rate(required=False, help_text="Of the base, instead of an amount.")
    base = _choice(FeeBase)
    floor = AmountText(required=False)
    cap = AmountText(required=False, allow_null=True)
    tax_rate = _rate(required=False, help_text="Of the net amount; the fee includes it.")


class HolidayIn(DocumentShape):
    """Installments `first` to `first + count - 1` demand nothing."""

    first = serializers.IntegerField(min_value=1, max_value=MOST_INSTALLMENTS)
    count = serializers.IntegerField(min_value=1, max_value=MOST_INSTALLMENTS)
    interest = _choice(HolidayInterest)


class RateChangeIn(DocumentShape):
    on = LenderDateField()
    annual_rate = _rate()


class FloatingIn(DocumentShape):
    """A published rate and a margin, instead of `annual_rate` and `rate_changes`."""

    table = serializers.ChoiceField(choices=sorted(rate_tables()))
    margin_bps = serializers.IntegerField(min_value=-1_000, max_value=10_000, required=False)
    reprice = _choice(Reprice, required=True)
    lag_days = serializers.IntegerField(min_value=0, max_value=31, required=False)


class TrancheIn(DocumentShape):
    on = LenderDateField()
    amount = AmountText()


class StepIn(DocumentShape):
    """Either `up` or `down`: after every `every` installments the next ones differ by this share."""

    every = serializers.IntegerField(min_value=1, max_value=MOST_INSTALLMENTS)
    up = _rate(required=False)
    down = _rate(required=False)


class CardPlanIn(DocumentShape):
    """Either a fixed payment, or a share of the statement with a floor."""

    fixed = AmountText(required=False)
    share = _rate(required=False)
    floor = AmountText(required=False)


class RowIn(DocumentShape):
    """Either `principal` or `total`; the last row may leave both out and repays what is left."""

    due_on = LenderDateField()
    principal = AmountText(required=False, allow_null=True)
    total = AmountText(required=False, allow_null=True)


class QuoteIn(DocumentShape):
    """Terms, as `manage.py quote` reads them. Describes only: `loans.domain.reading` is what reads and refuses."""

    principal = AmountText()
    currency = serializers.ChoiceField(choices=sorted(EXPONENTS), required=False, help_text="Without it CNY.")
    annual_rate = _rate(required=False, help_text='A fraction: "0.18" is 18%. Required without `floating`.')
    floating = FloatingIn(required=False, allow_null=True)
    method = _choice(Method, required=True)
    count = serializers.IntegerField(min_value=1, max_value=MOST_INSTALLMENTS)
    period = _choice(Period)
    every = serializers.IntegerField(min_value=1, max_value=366, required=False)
    day_count = _choice(DayCount)
    accrual = _choice(Accrual, allow_null=True)
    compounding = _choice(Compounding)
    disbursed_on = LenderDateField()
    first_due_on = LenderDateField(required=False, allow_null=True)
    due_day = serializers.IntegerField(min_value=1, max_value=31, required=False, allow_null=True)
    second_due_day = serializers.IntegerField(min_value=1, max_value=31, required=False, allow_null=True)
    end_of_month = TruthField(required=False)
    stub = _choice(Stub)
    balloon = AmountText(required=False)
    fees = FeeIn(many=True, required=False)
    rounding = _choice(Rounding)
    rounding_unit = AmountText(required=False, help_text='Of the installment: "0.01", "1.00" or "10.00", for example.')
    remainder = _choice(Remainder)
    grace_principal = serializers.IntegerField(min_value=0, max_value=MOST_INSTALLMENTS, required=False)
    grace_interest = serializers.IntegerField(min_value=0, max_value=MOST_INSTALLMENTS, required=False)
    interest_free = serializers.IntegerField(min_value=0, max_value=MOST_INSTALLMENTS, required=False)
    deferred_interest = _choice(DeferredInterest)
    holidays = HolidayIn(many=True, required=False)
    rate_changes = RateChangeIn(many=True, required=False)
    on_rate_change = _choice(OnRateChange)
    tranches = TrancheIn(many=True, required=False)
    interest_only_months = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=12), required=False
    )
    step = StepIn(required=False, allow_null=True)
    card_plan = CardPlanIn(required=False, allow_null=True)
    rows = RowIn(many=True, required=False)
    business_day = _choice(BusinessDay)
    calendar = serializers.ChoiceField(choices=sorted(CALENDARS), required=False, allow_null=True)
    adjusts_interest = TruthField(required=False)
    pack = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=20,
        help_text='Policy pack whose rate limits the terms are held against, such as "cn"; adds `cap`.',
    )
    explain = TruthField(required=False, help_text="Say of every number how it came about.")


class Working(serializers.Serializer):
    """How one number came about."""

    of = serializers.CharField()
    formula = serializers.CharField(help_text="In the language asked for.")
    inputs = serializers.DictField()
    unrounded = serializers.CharField(allow_null=True, help_text="null where nothing was rounded.")
    rounded = AmountText()


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
    advanced = AmountText(required=False, help_text="Paid out in this period.")
    capitalized = AmountText(required=False, help_text="Interest of this period that was added to the principal.")
    explanation = Working(many=True, required=False)


class QuoteTotals(serializers.Serializer):
    principal = AmountText()
    interest = AmountText()
    fee = AmountText()
    total = AmountText(help_text="All that the installments ask for.")
    upfront_fee = AmountText()
    financed_fee = AmountText()
    capitalized_interest = AmountText()
    received = AmountText(help_text="What reaches the borrower after fees kept back.")
    cost = AmountText(help_text="All that is paid beyond what was received.")


class RemainderOut(serializers.Serializer):
    """What an installment absorbs of what rounding left; negative when it pays less than the others."""

    number = serializers.IntegerField()
    amount = serializers.CharField()


class FeeOut(serializers.Serializer):
    """A fee over the whole loan."""

    code = serializers.CharField()
    timing = serializers.CharField()
    amount = AmountText()
    tax = AmountText(help_text="The part of it that is tax.")
    rate_points = serializers.CharField(
        allow_null=True, help_text="What it adds to irr_effective; null for a fee that only an event brings."
    )


class AnnualRates(serializers.Serializer):
    irr_nominal = serializers.CharField(help_text="The period rate of all payments times the periods of a year.")
    irr_effective = serializers.CharField(help_text="The same rate compounded over a year.")


class CapOut(serializers.Serializer):
    """The stricter all-in rate held against the cap of the policy pack on the day of the payout."""

    pack = serializers.CharField()
    cap = serializers.CharField()
    source = serializers.CharField(help_text="Where the cap is laid down.")  # type: ignore[assignment]
    annual_rate = serializers.CharField(help_text="The higher one of `annual_rates`.")
    is_within = serializers.BooleanField()
    margin = serializers.CharField(help_text="Cap less rate; negative above the cap.")
    highest_annual_rate = serializers.CharField(
        allow_null=True, help_text="Contract rate that fits with unchanged fees; null when none does."
    )
    highest_upfront_fee = serializers.CharField(
        allow_null=True, help_text="All fees kept back that fit at the unchanged contract rate; null when none does."
    )


class QuoteOut(serializers.Serializer):
    """Amounts in the currency of the terms."""

    installments = QuotedInstallment(many=True)
    totals = QuoteTotals()
    remainders = RemainderOut(many=True)
    fees = FeeOut(many=True)
    annual_rates = AnnualRates()
    cap = CapOut(required=False)
