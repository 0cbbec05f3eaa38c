from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from collections_mgmt.selectors.overdue_facts import OverdueFacts
from dashu.api.bulk_reading import BulkQuery
from dashu.api.fields import LenderDateField, MinorField
from dashu.api.pagination import PageQuery
from dashu.api.reading import ReadQuery

MOST_DAYS = 20_000


class OverdueAmountsOut(serializers.Serializer):
    """Demanded before the day and unpaid; penalty is what is charged and unpaid."""

    principal = MinorField(source="principal_minor")
    interest = MinorField(source="interest_minor")
    fee = MinorField(source="fee_minor")
    penalty = MinorField(source="penalty_minor")
    total = MinorField(source="total_minor")


class LoanOverdueOut(serializers.Serializer):
    """How far a loan is behind at the end of `as_of`, by the lender's nightly close and what was booked since."""

    loan = serializers.CharField(source="loan.number")
    as_of = serializers.DateField(allow_null=True, help_text="null where no day has been closed yet.")
    days_past_due = serializers.IntegerField(source="status.days_past_due")
    effective_days_past_due = serializers.IntegerField(
        source="status.effective_days_past_due", help_text="Without the days of pauses."
    )
    oldest_due_on = serializers.DateField(
        source="status.oldest_due_on", allow_null=True, help_text="Since when the days past due count."
    )
    overdue = OverdueAmountsOut(source="status")
    bucket = serializers.CharField(source="status.bucket")
    bucket_since = serializers.DateField(
        source="since.bucket", allow_null=True, help_text="The day at whose end it came there; null: always there."
    )
    classification = serializers.CharField(source="status.classification", help_text="The five-tier class.")
    classification_since = serializers.DateField(source="since.classification", allow_null=True)
    stage = serializers.CharField(
        source="status.stage", help_text="Of impairment by IFRS 9; empty where the lender has none."
    )
    stage_since = serializers.DateField(source="since.stage", allow_null=True)
    contact_stopped = serializers.BooleanField(
        source="is_contact_stopped",
        help_text="Whether the borrower is left in peace about this loan for now. Do not contact them about it either. "
        "Why is theirs to tell.",
    )


class LoanOverdueQuery(ReadQuery):
    shape = LoanOverdueOut


class OverdueListQuery(BulkQuery):
    """The query parameters of the loans that are behind."""

    shape = LoanOverdueOut

    bucket = serializers.CharField(max_length=20, required=False, help_text="Only loans of this bucket, by its code.")
    classification = serializers.CharField(max_length=20, required=False)
    stage = serializers.CharField(max_length=4, required=False)
    days_from = serializers.IntegerField(
        min_value=0, max_value=MOST_DAYS, default=1, help_text="Least days past due; with 0 also who was behind before."
    )
    days_to = serializers.IntegerField(min_value=0, max_value=MOST_DAYS, required=False)


class OverduePage(serializers.Serializer):
    results = LoanOverdueOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class OverdueChangeOut(serializers.Serializer):
    """What changed at the end of a day; days that changed nothing have no row."""

    changed_on = serializers.DateField()
    days_past_due = serializers.IntegerField()
    bucket_before = serializers.CharField()
    bucket = serializers.CharField()
    classification_before = serializers.CharField()
    classification = serializers.CharField()
    stage_before = serializers.CharField()
    stage = serializers.CharField()


class OverdueHistoryQuery(PageQuery):
    """The query parameters of the changes of a loan's status."""

    shape = OverdueChangeOut

    changed_from = LenderDateField(required=False, help_text="Only changes from this day on.")
    changed_to = LenderDateField(required=False, help_text="Only changes up to this day, it included.")


class OverdueHistoryPage(serializers.Serializer):
    results = OverdueChangeOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


def overdue_json(facts: Sequence[OverdueFacts]) -> list[dict[str, Any]]:
    for each in facts:
        # Where the fields of money look for the currency of a row.
        each.status.currency = each.loan.currency  # type: ignore[attr-defined]
    return [dict(row) for row in LoanOverdueOut(facts, many=True).data]
