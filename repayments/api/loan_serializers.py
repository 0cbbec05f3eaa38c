"""Loans as partners read them: the contract, and where it stands."""

from functools import cache
from typing import Any

from rest_framework import serializers

from dashu.api.bulk_reading import BulkQuery
from dashu.api.fields import LenderDateField, MinorField, MomentField, MoneyField
from dashu.api.reading import ReadQuery
from dashu.finance.loan import InterestBasis
from dashu.finance.penalty import PenaltyBase
from loans.api.product_serializers import ProductAllocationOut, ProductFeeOut
from loans.api.serializers import LoanOut
from loans.models import Loan
from repayments.api.serializers import OutstandingOut, OverdueOut

_WITHOUT_BOUND = "Without it there is no such bound."


class LoanQuery(BulkQuery):
    """The query parameters of the list of loans. Several narrow it together."""

    shape = LoanOut

    status = serializers.ChoiceField(choices=Loan.Status.values, required=False)
    product = serializers.CharField(max_length=50, required=False, help_text="Code of a product.")
    borrower = serializers.CharField(max_length=80, required=False, help_text="The partner's reference of a borrower.")
    created_from = LenderDateField(required=False, help_text=f"Recorded on this day or later. {_WITHOUT_BOUND}")
    created_to = LenderDateField(required=False, help_text=f"Recorded on this day or earlier. {_WITHOUT_BOUND}")
    starts_from = LenderDateField(required=False, help_text="`starts_on` is this day or later.")
    starts_to = LenderDateField(required=False, help_text="`starts_on` is this day or earlier.")
    due_from = LenderDateField(
        required=False, help_text="With `due_to`: an unpaid installment of the schedule in force falls due in between."
    )
    due_to = LenderDateField(required=False, help_text="See `due_from`; either may stand alone.")
    updated_since = MomentField(
        required=False,
        help_text="Recorded at this moment or later, or something was booked on it since. A moment with its offset.",
    )


class LoanPage(serializers.Serializer):
    results = LoanOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


def loan_page(page: Any) -> dict[str, Any]:
    return _page_writer().to_representation({"results": page.rows, "next_cursor": page.next_cursor})


@cache
def _page_writer() -> LoanPage:
    """One for all requests: it keeps nothing of a page, and its fields need not be made anew for each."""
    return LoanPage()


class LoanPenaltyOut(serializers.Serializer):
    """What a delay costs, as the contract froze it."""

    annual_rate = serializers.DecimalField(
        max_digits=9, decimal_places=6, source="penalty_annual_rate", help_text="0: a delay costs nothing."
    )
    base = serializers.ChoiceField(choices=[base.value for base in PenaltyBase], source="penalty_base")
    year_days = serializers.IntegerField(source="penalty_year_days")
    grace_days = serializers.IntegerField(source="penalty_grace_days", help_text="After a due date, never charged.")
    cap_rate = serializers.DecimalField(
        max_digits=9,
        decimal_places=6,
        source="penalty_cap_rate",
        allow_null=True,
        help_text="What everything on overdue principal may cost together a year.",
    )


class LoanTermsOut(serializers.Serializer):
    """What was agreed beside amount, rate and number of installments."""

    annual_rate_in_force = serializers.DecimalField(
        max_digits=9, decimal_places=6, help_text="Other than `annual_rate` where it was changed since."
    )
    due_day = serializers.IntegerField(allow_null=True)
    interest_basis = serializers.ChoiceField(choices=[each.value for each in InterestBasis])
    interest_year_days = serializers.IntegerField(help_text="Of daily interest.")
    interest_only_months = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="Of a plan that follows a season, else null."
    )
    tolerance_bps = serializers.IntegerField(help_text="Shortfall of an installment that does not count as missed.")
    allocation = ProductAllocationOut(source="waterfall")
    penalty = LoanPenaltyOut(source="*")
    fees = ProductFeeOut(many=True, source="fees_told")


class LoanTrancheOut(serializers.Serializer):
    """Which part of which signed contract the loan is."""

    number = serializers.IntegerField(source="tranche_number", help_text="1 for a loan in one sum.")
    agreed_on = serializers.DateField(source="tranche_agreed_on", help_text="The day that the contract names.")
    give_back_until = serializers.DateField(
        source="tranche_give_back_until",
        allow_null=True,
        help_text="The last day without cost; null before the payout.",
    )
    ended_at = serializers.DateTimeField(source="tranche_ended_at", allow_null=True, help_text="Without a debt.")
    contract = serializers.CharField(source="contract_number", help_text="Number of the contract.")
    application = serializers.CharField(source="application_reference", help_text="`id` of the application.")


class NextDueOut(serializers.Serializer):
    """The first unpaid installment from today on."""

    on = serializers.DateField()
    amount = MoneyField()


class LoanBalanceOut(serializers.Serializer):
    """
    Where the loan stands for a payment made today: penalty counts through yesterday, as a payment books it.

    `GET /loans/{number}/position` says the same of the end of any day.
    """

    as_of = serializers.DateField()
    outstanding = OutstandingOut()
    overdue = OverdueOut(help_text="Demanded before today and unpaid.")
    credit = MinorField(help_text="Money received that nothing due could take.")
    oldest_due_on = serializers.DateField(allow_null=True, help_text="Since when the days past due count.")
    days_past_due = serializers.IntegerField()
    effective_days_past_due = serializers.IntegerField(help_text="Without the days of pauses.")
    due_now = MinorField(help_text="What brings the loan up to date: everything demanded up to today, with penalty.")
    next_due = NextDueOut(allow_null=True, help_text="null when nothing falls due any more.")
    left_to_pay = MinorField(help_text="All that is unpaid: the most that can be paid.")


class LoanLinksOut(serializers.Serializer):
    """Addresses of what belongs to the loan."""

    product = serializers.CharField()
    schedule = serializers.CharField()
    position = serializers.CharField()
    payments = serializers.CharField()
    payoff_quotes = serializers.CharField()
    documents = serializers.CharField()
    application = serializers.CharField(allow_null=True)


class LoanDetailOut(LoanOut):
    """A loan in full. Rates are fractions: 0.18 is 18% a year."""

    currency = serializers.CharField()
    terms = LoanTermsOut(source="*")
    tranche = LoanTrancheOut(
        source="of_contract", allow_null=True, help_text="null where no contract was signed here, such as a takeover."
    )
    schedule_version = serializers.IntegerField(allow_null=True, help_text="In force; null before the payout.")
    balance = LoanBalanceOut(source="balance_told", allow_null=True, help_text="null before the payout.")
    links = LoanLinksOut(source="links_told")


class LoanDetailQuery(ReadQuery):
    """The query parameters of a loan."""

    shape = LoanDetailOut
