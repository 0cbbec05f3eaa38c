from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashu.api.fields import LenderDateField, MinorField, StrictSerializer, TruthWordField
from dashu.api.pagination import PageQuery
from dashu.api.reading import ReadQuery
from repayments.models import IssuedDocument, IssuedFile, PayoffQuote, ScheduleVersion
from repayments.selectors.schedule_versions import MAKERS


class InstallmentStatus(TextChoices):
    """How far an installment is paid."""

    PAID = "PAID"
    PARTLY_PAID = "PARTLY_PAID"
    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    REPLACED = "REPLACED"
    NOTHING_DUE = "NOTHING_DUE"


class InstallmentOut(serializers.Serializer):
    number = serializers.IntegerField()
    due_on = serializers.DateField()
    principal = MinorField(source="principal_minor")
    interest = MinorField(source="interest_minor")
    fee = MinorField(source="fee_minor")
    total = MinorField(source="total_minor")
    paid = MinorField(source="paid_minor")
    waived = MinorField(source="waived_minor")
    unpaid = MinorField(source="unpaid_minor", help_text="0 in a version that is no longer in force.")
    status = serializers.SerializerMethodField()

    @extend_schema_field(
        serializers.ChoiceField(
            choices=InstallmentStatus.values,
            help_text="REPLACED: not paid while its version was in force, and demanded otherwise since.",
        )
    )
    def get_status(self, row: Any) -> str:
        return installment_status(row, today=self.context["today"])


class BalanceOut(serializers.Serializer):
    """Where the loan stands today, whatever version is shown."""

    principal = MinorField(source="principal_minor", help_text="Principal outstanding.")
    penalty = MinorField(source="penalty_due_minor", help_text="Penalty charged and unpaid.")
    credit = MinorField(source="unapplied_minor", help_text="Money received that no installment could take yet.")


class ScheduleOut(serializers.Serializer):
    loan = serializers.CharField(source="loan.number")
    version = serializers.IntegerField(source="shown.version")
    versions = serializers.ListField(child=serializers.IntegerField(), help_text="All versions; the last is in force.")
    reason = serializers.ChoiceField(
        choices=ScheduleVersion.Reason.values, source="shown.reason", help_text="Why this version was made."
    )
    effective_on = serializers.DateField(source="shown.effective_on")
    balance = BalanceOut()
    installments = InstallmentOut(many=True)


class ScheduleQuery(ReadQuery):
    shape = ScheduleOut

    version = serializers.IntegerField(
        min_value=1, max_value=32_767, required=False, help_text="An earlier version; without it the one in force."
    )


class VersionTotalsOut(serializers.Serializer):
    """What the version demands in all, and what of it was paid and waived while it was in force."""

    principal = MinorField(source="principal_minor")
    interest = MinorField(source="interest_minor")
    fee = MinorField(source="fee_minor")
    total = MinorField(source="total_minor")
    paid = MinorField(source="paid_minor")
    waived = MinorField(source="waived_minor")
    unpaid = MinorField(source="unpaid_minor", help_text="0 in a version that is no longer in force.")


class ScheduleVersionOut(serializers.Serializer):
    version = serializers.IntegerField(help_text="As `version` of the schedule takes it.")
    is_in_force = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=ScheduleVersion.Reason.values, help_text="Why this version was made.")
    effective_on = serializers.DateField()
    created_at = serializers.DateTimeField()
    made_by = serializers.ChoiceField(
        choices=MAKERS, allow_null=True, help_text="What kind of person did what made it; null where nobody knows."
    )
    installments = serializers.IntegerField()
    first_due_on = serializers.DateField(allow_null=True)
    last_due_on = serializers.DateField(allow_null=True)
    totals = VersionTotalsOut(source="sums")


class ScheduleVersionsQuery(PageQuery):
    shape = ScheduleVersionOut


class ScheduleVersionPage(serializers.Serializer):
    results = ScheduleVersionOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class OutstandingOut(serializers.Serializer):
    principal = MinorField()
    interest = MinorField(help_text="Demanded by the day and unpaid.")
    fee = MinorField(help_text="Demanded by the day and unpaid.")
    penalty = MinorField(help_text="Charged by the day and unpaid.")


class OverdueOut(serializers.Serializer):
    principal = MinorField()
    interest = MinorField()
    fee = MinorField()


class PositionOut(serializers.Serializer):
    """The loan at the end of a day."""

    loan = serializers.CharField()
    as_of = serializers.DateField()
    known_on = serializers.DateField(allow_null=True)
    status = serializers.CharField()
    outstanding = OutstandingOut()
    overdue = OverdueOut(help_text="Demanded before the day and unpaid.")
    credit = MinorField(help_text="Money received that nothing due could take.")
    days_past_due = serializers.IntegerField()
    effective_days_past_due = serializers.IntegerField(help_text="Without the days of pauses.")
    bucket = serializers.CharField()
    classification = serializers.CharField()


class PositionQuery(ReadQuery):
    shape = PositionOut

    as_of = LenderDateField(required=False, help_text="The day to answer for, its end; without it yesterday.")
    known_on = LenderDateField(
        required=False, help_text="Leave out what was written after this day: the loan as it was known then."
    )


class PayoffQuoteIn(StrictSerializer):
    """How long the amount is to hold."""

    valid_to = LenderDateField(help_text="The last day the loan can be ended for the amount; today at the earliest.")


class PayoffDayOut(serializers.Serializer):
    """What ends the loan on one day, part by part; rebate and credit are taken off."""

    on = serializers.DateField()
    principal = MinorField()
    interest = MinorField(help_text="For the days up to the day; interest of later days is not charged.")
    fee = MinorField()
    penalty = MinorField()
    prepayment_fee = MinorField()
    rebate = MinorField()
    credit = MinorField()
    total = MinorField()


class PayoffQuoteOut(serializers.Serializer):
    """An offer to end the loan on any day up to `valid_to`."""

    id = serializers.UUIDField(source="token")
    loan = serializers.CharField(source="loan.number")
    status = serializers.ChoiceField(choices=PayoffQuote.Status.values)
    quoted_on = serializers.DateField()
    pays_on = serializers.DateField(help_text="The day that asks for most; its payoff is the total.")
    valid_to = serializers.DateField()
    total = MinorField(source="total_minor", help_text="Enough on every day; what a day does not need is a credit.")
    days = PayoffDayOut(many=True, help_text="What each day asks for, part by part.")
    accepted_at = serializers.DateTimeField(allow_null=True)


class PayoffQuoteQuery(ReadQuery):
    shape = PayoffQuoteOut


class PayoffQuotesQuery(ReadQuery):
    """The query parameters of the quotes of a loan."""

    shape = PayoffQuoteOut

    status = serializers.ChoiceField(choices=PayoffQuote.Status.values, required=False)


class PayoffQuotesOut(serializers.Serializer):
    payoff_quotes = PayoffQuoteOut(many=True, help_text="The newest 50.")


class DocumentIn(StrictSerializer):
    """Which paper, and in which language. A statement needs its period, a certificate has none."""

    kind = serializers.ChoiceField(choices=IssuedDocument.Kind.values)
    language = serializers.ChoiceField(choices=[code for code, _name in settings.LANGUAGES], default="zh-hans")
    first = LenderDateField(required=False, help_text="First day of a statement.")
    last = LenderDateField(required=False, help_text="Last day of a statement, today at the latest.")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        is_statement = given["kind"] == IssuedDocument.Kind.STATEMENT_OF_ACCOUNT
        for name in ("first", "last"):
            if is_statement and name not in given:
                raise _fault(name, _("A statement needs its period."), "required")
            if not is_statement and name in given:
                raise _fault(name, _("A certificate has no period."), "unknown_field")
        return given


class DocumentFileOut(serializers.Serializer):
    format = serializers.ChoiceField(choices=IssuedFile.Format.values)
    sha256 = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")


class DocumentOut(serializers.Serializer):
    """A paper about the loan. Anyone can check it at /verify/ by its code."""

    code = serializers.CharField(source="code_shown")
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=IssuedDocument.Kind.values)
    loan = serializers.CharField(source="loan.number")
    language = serializers.CharField()
    as_of = serializers.DateField(help_text="The day the loan was paid off, or the last day of the statement.")
    issued_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    files = DocumentFileOut(many=True)


class DocumentsQuery(ReadQuery):
    """The query parameters of the papers of a loan."""

    shape = DocumentOut

    kind = serializers.ChoiceField(choices=IssuedDocument.Kind.values, required=False)
    language = serializers.ChoiceField(choices=[code for code, _name in settings.LANGUAGES], required=False)
    is_revoked = TruthWordField(required=False)
    issued_from = LenderDateField(required=False, help_text="Only papers issued from this day on.")
    issued_to = LenderDateField(required=False, help_text="Only papers issued up to this day, it included.")


class DocumentsOut(serializers.Serializer):
    documents = DocumentOut(many=True, help_text="The newest 50.")


def _fault(name: str, message: Any, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({name: [serializers.ErrorDetail(str(message), code=code)]})


def installment_status(row: Any, *, today: date) -> str:
    """:param row: an installment with `total_minor`, `paid_minor` and `waived_minor`."""
    done = row.paid_minor + row.waived_minor
    if not row.total_minor:
        return InstallmentStatus.NOTHING_DUE
    if done == row.total_minor:
        return InstallmentStatus.PAID
    if not row.is_current:
        return InstallmentStatus.REPLACED
    if row.due_on < today:
        return InstallmentStatus.OVERDUE
    return InstallmentStatus.PARTLY_PAID if done else InstallmentStatus.OPEN
