from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashu.api.bulk_reading import BulkQuery
from dashu.api.fields import LenderDateField, MinorField, SignedMoneyShape
from dashu.api.reading import ReadQuery
from dashu.kernel.money import EXPONENTS
from loans.models import Loan
from repayments.api.serializers import OutstandingOut
from repayments.selectors.book_totals import STATES, CurrencyTotals, Sums, ToldTotals


class BookOverdueOut(serializers.Serializer):
    principal = MinorField(source="overdue_principal")
    interest = MinorField(source="overdue_interest")
    fee = MinorField(source="overdue_fee")


class BookOutstandingOut(OutstandingOut):
    """Principal outstanding and what is due of the rest; 0 once the loan is charged off, written off or sold."""

    penalty = MinorField(
        help_text="Posted for the days up to the day. Complete for a day that the lender has closed; else up to the "
        "latest close, or to the day before the latest act on the loan."
    )


class BookLoanOut(serializers.Serializer):
    """A loan at the end of the day."""

    loan = serializers.CharField(source="number")
    product = serializers.CharField()
    status = serializers.ChoiceField(choices=[value for value in Loan.Status.values if value not in Loan.NOT_PAID_OUT])
    outstanding = BookOutstandingOut(source="*")
    overdue = BookOverdueOut(source="*", help_text="Demanded before the day and unpaid.")
    credit = MinorField(help_text="Money received that nothing due could take.")
    oldest_due_on = serializers.DateField(allow_null=True, help_text="Since when the days past due count.")
    days_past_due = serializers.IntegerField()
    effective_days_past_due = serializers.IntegerField(help_text="Without the days of pauses.")
    bucket = serializers.CharField()
    classification = serializers.CharField()


class BookOut(serializers.Serializer):
    """The loans in the order in which they were recorded."""

    as_of = serializers.DateField()
    known_on = serializers.DateField(allow_null=True)
    results = BookLoanOut(
        many=True, help_text="May be fewer than asked for, even none, on a page that is not the last."
    )
    next_cursor = serializers.CharField(
        allow_null=True,
        help_text="null on the last page. Later pages leave out what was written after the first page was asked for.",
    )


@extend_schema_field(SignedMoneyShape)
class SumField(MinorField):
    pass


@dataclass(frozen=True, slots=True)
class SumsOfCode:
    code: str
    currency: str
    sums: Sums


class SumsOut(serializers.Serializer):
    loans = serializers.IntegerField(source="sums.loans")
    principal = SumField(source="sums.principal")
    interest = SumField(source="sums.interest")
    fee = SumField(source="sums.fee")
    penalty = SumField(source="sums.penalty")
    credit = SumField(source="sums.credit")
    overdue = SumField(source="sums.overdue", help_text="Demanded before the day and unpaid.")
    principal_over_30_days = SumField(source="sums.at_risk_30", help_text="Of loans more than 30 days past due.")
    principal_over_60_days = SumField(source="sums.at_risk_60")
    principal_over_90_days = SumField(source="sums.at_risk_90")


class SumsOfCodeOut(SumsOut):
    code = serializers.CharField()


class CurrencyTotalsOut(serializers.Serializer):
    currency = serializers.ChoiceField(choices=sorted(EXPONENTS))
    sums = SumsOut()
    by_status = SumsOfCodeOut(many=True)
    by_bucket = SumsOfCodeOut(many=True)
    by_classification = SumsOfCodeOut(many=True)
    difference = SumsOut(
        allow_null=True, help_text="What is known now less what was known on `known_on`; null without it."
    )


class BookTotalsOut(serializers.Serializer):
    as_of = serializers.DateField()
    known_on = serializers.DateField(allow_null=True)
    totals = CurrencyTotalsOut(many=True, help_text="One for each currency.")


class BookFilter(serializers.Serializer):
    """Which day of the book, and which loans."""

    as_of = LenderDateField(required=False, help_text="The day to answer for, its end; without it yesterday.")
    known_on = LenderDateField(
        required=False, help_text="Leave out what was written after this day: the book as it was known then."
    )
    product = serializers.CharField(
        max_length=50, default="", allow_blank=True, help_text="Only loans of this product, by its code."
    )
    status = serializers.CharField(max_length=12, default="", allow_blank=True, help_text="Only loans of this status.")
    bucket = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="Only loans of this bucket.")
    classification = serializers.CharField(
        max_length=40, default="", allow_blank=True, help_text="Only loans of this classification."
    )


class BookTotalsQuery(BookFilter, ReadQuery):
    """The query parameters of the totals of the book."""

    shape = BookTotalsOut


class BookQuery(BookFilter, BulkQuery):
    """The query parameters of the book, loan by loan."""

    shape = BookLoanOut


def totals_document(told: ToldTotals) -> dict[str, Any]:
    """Return what `CurrencyTotalsOut` writes."""
    totals, difference = told.totals, told.difference
    return {
        "currency": totals.currency,
        "sums": _of(totals),
        **{f"by_{state}": _by(totals, state) for state in STATES},
        "difference": None if difference is None else _of(difference),
    }


def _of(totals: CurrencyTotals) -> SumsOfCode:
    return SumsOfCode("", totals.currency, totals.sums)


def _by(totals: CurrencyTotals, state: str) -> list[SumsOfCode]:
    return [SumsOfCode(code, totals.currency, sums) for code, sums in getattr(totals, state).items()]
