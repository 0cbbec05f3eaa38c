from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashu.api.fields import LenderDateField, MinorField, MoneyField, StrictSerializer
from dashu.users.models import Partner
from repayments.models import IssuedDocument, IssuedFile, Payment, PaymentGroup, PayoffQuote, ScheduleVersion


class ScheduleQuery(StrictSerializer):
    version = serializers.IntegerField(
        min_value=1, max_value=32_767, required=False, help_text="An earlier version; without it the one in force."
    )


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


class PositionQuery(StrictSerializer):
    as_of = LenderDateField(required=False, help_text="The day to answer for, its end; without it yesterday.")
    known_on = LenderDateField(
        required=False, help_text="Leave out what was written after this day: the loan as it was known then."
    )


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


class PaymentIn(StrictSerializer):
    """Money that the borrower paid to the partner for this loan."""

    amount = MoneyField(help_text="In the loan's currency.")
    received_on = LenderDateField(help_text="Value date: from the loan's start to today.")
    reference = serializers.RegexField(
        r"^[A-Za-z0-9._:/-]+\Z",
        max_length=39,
        trim_whitespace=False,
        help_text="The partner's own reference, once for each payment. Sent again with the same facts, it returns "
        "the first payment and changes nothing.",
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


class DocumentsOut(serializers.Serializer):
    documents = DocumentOut(many=True, help_text="The newest 50.")


class PaidPartOut(serializers.Serializer):
    """How the payment was applied. A later restatement may move the parts, never the amount."""

    fee = MinorField(source="fee_minor")
    penalty = MinorField(source="penalty_minor")
    interest = MinorField(source="interest_minor")
    principal = MinorField(source="principal_minor")
    credit = MinorField(source="unapplied_minor", help_text="What no due could take; kept for the borrower.")


class PaidInstallmentOut(serializers.Serializer):
    number = serializers.IntegerField()
    fee = MinorField(source="fee_minor")
    interest = MinorField(source="interest_minor")
    principal = MinorField(source="principal_minor")


class PaymentOut(serializers.Serializer):
    loan = serializers.CharField(source="loan.number")
    reference = serializers.SerializerMethodField(help_text="As the partner gave it.")
    amount = MinorField(source="amount_minor")
    received_on = serializers.DateField()
    posted_at = serializers.DateTimeField()
    is_returned = serializers.BooleanField(help_text="The payment did not hold and was taken back.")
    applied = PaidPartOut(source="*")
    installments = PaidInstallmentOut(source="allocations", many=True)

    def get_reference(self, payment: Payment) -> str:
        return payment.reference.partition(":")[2]


class PaymentPartIn(StrictSerializer):
    """What of the total is for one loan."""

    loan = serializers.CharField(max_length=60, help_text="The loan number.")
    amount = MoneyField(help_text="In the currency of the total.")


class SplitPaymentIn(StrictSerializer):
    """Money that the borrower paid to the partner in one sum, for several of their loans."""

    total = MoneyField(help_text="The whole sum; the parts must add up to it.")
    received_on = LenderDateField(help_text="Value date: from the latest loan's start to today.")
    reference = serializers.RegexField(
        r"^[A-Za-z0-9._:/-]+\Z",
        max_length=35,
        trim_whitespace=False,
        help_text="The partner's own reference, once for each sum. Sent again with the same facts, it returns the "
        "first payments and changes nothing.",
    )
    parts = PaymentPartIn(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=50, help_text="Each loan once, all of one borrower."
    )


class SplitPaymentOut(serializers.Serializer):
    reference = serializers.SerializerMethodField(help_text="As the partner gave it.")
    total = MinorField(source="total_minor")
    received_on = serializers.DateField()
    posted_at = serializers.DateTimeField()
    payments = serializers.SerializerMethodField()

    def get_reference(self, group: PaymentGroup) -> str:
        return group.reference.partition(":")[2]

    @extend_schema_field(PaymentOut(many=True))
    def get_payments(self, group: PaymentGroup) -> list[dict[str, Any]]:
        """One for each part, in the order given; their references are the sum's with `-1`, `-2` and so on."""
        parts = group.parts.select_related("payment__loan").prefetch_related("payment__allocations")
        payments = [part.payment for part in parts.order_by("position")]
        return [dict(PaymentOut(payment, context=self.context).data) for payment in payments]


def stored_reference(partner: Partner, reference: str) -> str:
    """Return the reference as we keep it, so that two partners cannot collide. A partner's code has no colon."""
    return f"{partner.code}:{reference}"


def _fault(name: str, message: Any, code: str) -> serializers.ValidationError:
    return serializers.ValidationError({name: [serializers.ErrorDetail(str(message), code=code)]})
