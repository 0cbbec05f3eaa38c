"""What partners are told of a decision: its reasons, the month that counted, the offers, and what each one costs."""

from typing import Any

from rest_framework import serializers

from dashu.api.fields import MoneyField, SignedMoneyField, StrictSerializer
from dashu.api.reading import ReadQuery
from loans.domain.cost_sheet import NotCharged
from loans.domain.offers import Why
from loans.models import CreditReview
from loans.services.ask_for_review import LONGEST

NOW = "In the language asked for."


def rate_field(help_text: str, **options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=9, decimal_places=6, help_text=f"A fraction. {help_text}", **options)


class ReasonOut(serializers.Serializer):
    """Why, and what would help: a sentence each, for the applicant to read."""

    code = serializers.CharField(help_text="Stable; branch on it.")
    fact = serializers.CharField(help_text=f"Which fact met which limit. {NOW}")
    help = serializers.CharField(help_text=f"What would help. {NOW}")


class BudgetOut(serializers.Serializer):
    """The month that counted, of which the decision was made."""

    income = MoneyField(help_text="As it counted: of what is not proved yet, a share.")
    stated_income = MoneyField()
    essentials = MoneyField()
    debts = MoneyField(help_text="Payments to others a month.")
    buffer = MoneyField(help_text="Kept free.")
    free = SignedMoneyField(help_text="Left after all that; negative: missing.")
    highest_installment = MoneyField(help_text="The most that a new installment may be.")


class WayOut(serializers.Serializer):
    """What would change the answer, by itself."""

    code = serializers.ChoiceField(choices=["lower_debts", "wait", "prove_income"])
    amount = MoneyField(allow_null=True, help_text="A month; null of `wait`.")
    months = serializers.IntegerField(allow_null=True, help_text="Of `wait`, else null.")
    words = serializers.CharField(help_text=NOW)


class DecisionOut(serializers.Serializer):
    """What was decided. Every refusal by computer can be looked at again by a person."""

    outcome = serializers.ChoiceField(choices=CreditReview.Outcome.values)
    decided_at = serializers.DateTimeField()
    is_by_person = serializers.BooleanField()
    words = serializers.CharField(help_text="Of the person who decided, as they wrote them; may be empty.")
    reasons = ReasonOut(many=True, help_text="The gravest first, at most four; none where offers can be made.")
    limits = ReasonOut(many=True, help_text="What kept the offers from being what was asked for.")
    budget = BudgetOut(allow_null=True)
    ways = WayOut(many=True, help_text="None where the month carries the installment.")


class ReviewIn(StrictSerializer):
    words = serializers.CharField(
        max_length=LONGEST, default="", allow_blank=True, help_text="What the applicant wants to say, if anything."
    )


class ReviewRequestOut(serializers.Serializer):
    """That a person looks at the decision."""

    asked_at = serializers.DateTimeField()
    due_on = serializers.DateField(help_text="By when an answer is promised.")


class UnderStressOut(serializers.Serializer):
    """The same if income falls and the rate rises, as far as the rules of the day assume it."""

    highest_installment = MoneyField()
    surplus = SignedMoneyField(help_text="Left in such a month; negative: missing.")
    debt_share = rate_field("Of the income that all debts would take; null without income.", allow_null=True)


class OfferedTrancheOut(serializers.Serializer):
    """One part of the payout."""

    amount = MoneyField()
    on = serializers.DateField(allow_null=True, help_text="null: as soon as the contract is signed.")


class OfferOut(serializers.Serializer):
    """A loan that the applicant can have. Choosing it agrees to nothing yet."""

    position = serializers.IntegerField(help_text="Used in the addresses of this offer.")
    whys = serializers.ListField(
        child=serializers.ChoiceField(choices=[why.value for why in Why]), help_text="Why it is among the offers."
    )
    principal = MoneyField(help_text="Of all parts.")
    tranches = OfferedTrancheOut(many=True, help_text="The parts in which it is paid out; one for one sum.")
    count = serializers.IntegerField(help_text="Installments of each part, one a month.")
    annual_rate = rate_field("Of the contract.")
    highest_installment = MoneyField(help_text="Of several parts, the highest of each of them together.")
    cost = MoneyField(help_text="All interest and fees, when paid as agreed.")
    total = MoneyField(help_text="All that is paid back.")
    all_in_rate = rate_field("A year with all costs, the stricter of simple and compounded. Show this one.")
    surplus = SignedMoneyField(help_text="Left of the month after the highest installment.")
    under_stress = UnderStressOut()
    expires_on = serializers.DateField(help_text="The last day on which it can be taken.")
    is_chosen = serializers.BooleanField()


class CostOut(serializers.Serializer):
    """One line of the cost sheet."""

    code = serializers.CharField()
    name = serializers.CharField(help_text=NOW)
    method = serializers.CharField(help_text=f"How it is worked out. {NOW}")
    payee = serializers.CharField(help_text=f"Who receives it. {NOW}")
    amount = MoneyField(help_text="What it comes to when all is paid on time.")


class SheetTrancheOut(serializers.Serializer):
    """One part of the payout, a loan of its own."""

    number = serializers.IntegerField()
    on = serializers.DateField(help_text="The day of its payout.")
    principal = MoneyField()


class SheetInstallmentOut(serializers.Serializer):
    tranche = serializers.IntegerField(help_text="Number of the part that it repays.")
    number = serializers.IntegerField()
    due_on = serializers.DateField()
    principal = MoneyField()
    interest = MoneyField()
    fee = MoneyField()
    total = MoneyField()
    balance = MoneyField(help_text="Principal outstanding after this installment.")


class NotChargedOut(serializers.Serializer):
    code = serializers.ChoiceField(choices=[each.value for each in NotCharged])
    words = serializers.CharField(help_text=NOW)


class CostsOut(serializers.Serializer):
    """Everything that a loan costs if it is paid out on a day. What has no line here is never charged."""

    starts_on = serializers.DateField(help_text="The day of the payout that it is for.")
    principal = MoneyField(help_text="Of all parts.")
    annual_rate = rate_field("Of the contract.")
    interest = MoneyField()
    fees = MoneyField()
    total = MoneyField(help_text="All that is paid back when every payment is on time.")
    simple_rate = rate_field("All costs a year, simple.")
    effective_rate = rate_field("All costs a year, compounded.")
    all_in_rate = rate_field("The stricter of the two, which stands out.")
    rate_cap = rate_field("What it is held against; null without a cap.", allow_null=True)
    costs = CostOut(many=True, help_text="Paid when all goes well, interest first.")
    contingent = CostOut(many=True, help_text="What only a delay or an event brings, penalty interest first.")
    late_example = serializers.CharField(help_text=f"What a delay comes to. {NOW}")
    not_charged = NotChargedOut(many=True)
    tranches = SheetTrancheOut(many=True, help_text="One for a loan in one sum.")
    installments = SheetInstallmentOut(many=True, help_text="Those of the first part first.")


class CostSheetOut(CostsOut):
    """The same of an offer, for a payout today, as it is kept."""

    position = serializers.IntegerField()
    digest = serializers.CharField(
        help_text="SHA-256 of `document` as JSON with sorted keys, without spaces, in UTF-8."
    )
    document = serializers.DictField(help_text="The sheet as it is kept, amounts in minor units.")


class CostSheetQuery(ReadQuery):
    shape = CostSheetOut
