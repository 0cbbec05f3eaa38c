from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import TextChoices
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashu.api.bulk_reading import BulkQuery, IdsField
from dashu.api.fields import LenderDateField, MinorField, MoneyField, StrictSerializer
from dashu.api.pagination import PageQuery
from dashu.api.reading import ReadQuery
from dashu.approvals.models import ApprovalRequest
from dashu.users.models import Partner
from repayments.api.seeing import LONGEST_PUBLIC_ID, public_id
from repayments.selectors.refunds_asked import events_of, reference_of_partner, status_of
from repayments.services.ask_refund import BACK_TO_SOURCE


class RefundTo(TextChoices):
    """Where the money goes."""

    SOURCE = "SOURCE"
    ACCOUNT = "ACCOUNT"


class RefundIn(StrictSerializer):
    """What of the borrower's credit is to go back, where to, and why."""

    amount = MoneyField(help_text="In the loan's currency; at most the credit less what was asked for already.")
    account_end = serializers.RegexField(
        r"^[0-9]{4}\Z",
        required=False,
        help_text="The last four digits of the borrower's account, where the money goes to another than it came from. "
        "Never send a whole number.",
    )
    reason = serializers.CharField(max_length=500, help_text="The person who decides reads this.")
    reference = serializers.RegexField(
        r"^[A-Za-z0-9._:/-]+\Z",
        max_length=39,
        trim_whitespace=False,
        help_text="The partner's own reference, once for each refund. Sent again with the same facts, it returns the "
        "first one and changes nothing.",
    )


class RefundOut(serializers.Serializer):
    """A refund that was asked for. Somebody of the lender decides; only then is it booked and the money sent."""

    id = serializers.SerializerMethodField()
    loan = serializers.CharField(source="subject_id")
    reference = serializers.SerializerMethodField()
    asked_by_partner = serializers.SerializerMethodField()
    amount = MinorField(source="amount_minor")
    to = serializers.SerializerMethodField()
    account_end = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Undecided until then, it has to be asked for again.")
    decided_at = serializers.DateTimeField(allow_null=True)
    note = serializers.SerializerMethodField()
    refunded_on = serializers.SerializerMethodField()
    is_undone = serializers.SerializerMethodField()

    def get_id(self, asked: ApprovalRequest) -> str:
        return public_id(asked.idempotency_key)

    @extend_schema_field(serializers.CharField(allow_null=True, help_text="As the partner gave it; null: not by it."))
    def get_reference(self, asked: ApprovalRequest) -> str | None:
        return reference_of_partner(asked, self.context["partner"])

    def get_asked_by_partner(self, asked: ApprovalRequest) -> bool:
        return reference_of_partner(asked, self.context["partner"]) is not None

    @extend_schema_field(serializers.ChoiceField(choices=RefundTo.values))
    def get_to(self, asked: ApprovalRequest) -> str:
        return RefundTo.SOURCE if self.get_account_end(asked) is None else RefundTo.ACCOUNT

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_account_end(self, asked: ApprovalRequest) -> str | None:
        to: str = asked.payload.get("to", BACK_TO_SOURCE)
        return None if to == BACK_TO_SOURCE else to

    @extend_schema_field(
        serializers.ChoiceField(
            choices=ApprovalRequest.Status.values,
            help_text="PENDING: nobody has decided. APPROVED: booked. FAILED: approved, but no longer possible then.",
        )
    )
    def get_status(self, asked: ApprovalRequest) -> str:
        return status_of(asked, today=self.context["today"])

    @extend_schema_field(
        serializers.CharField(allow_null=True, help_text="What whoever decided wrote to the partner that asked.")
    )
    def get_note(self, asked: ApprovalRequest) -> str | None:
        return asked.decision_note or None if self.get_asked_by_partner(asked) else None

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_refunded_on(self, asked: ApprovalRequest) -> date | None:
        event = self.context["events"].get(asked.pk)
        return None if event is None else event.effective_on

    @extend_schema_field(serializers.BooleanField(help_text="It was booked and taken back: the credit is there again."))
    def get_is_undone(self, asked: ApprovalRequest) -> bool:
        event = self.context["events"].get(asked.pk)
        return event is not None and event.is_undone


class LoanRefundsQuery(PageQuery):
    """The query parameters of the refunds of a loan."""

    shape = RefundOut

    status = serializers.ChoiceField(choices=ApprovalRequest.Status.values, required=False)
    reference = serializers.CharField(max_length=39, required=False, help_text="The partner's own reference.")
    requested_from = LenderDateField(required=False, help_text="Only those asked for from this day on.")
    requested_to = LenderDateField(required=False, help_text="Only those asked for up to this day, it included.")


class RefundsQuery(LoanRefundsQuery, BulkQuery):
    """The query parameters of the refunds of all loans."""

    loan = serializers.CharField(max_length=60, required=False, help_text="Only refunds of this loan, by its number.")
    ids = IdsField(longest=LONGEST_PUBLIC_ID)


class RefundQuery(ReadQuery):
    shape = RefundOut


class RefundPage(serializers.Serializer):
    results = RefundOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


def refunds_json(asked: Sequence[ApprovalRequest], *, partner: Partner, today: date) -> list[dict[str, Any]]:
    context = {"partner": partner, "today": today, "events": events_of(asked)}
    return [dict(row) for row in RefundOut(asked, many=True, context=context).data]
