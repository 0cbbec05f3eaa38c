from rest_framework import serializers

from dashu.api.fields import LenderDateField, MinorField, MoneyField, StrictSerializer
from dashu.users.models import Partner
from repayments.models import Payment, ScheduleVersion


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


def stored_reference(partner: Partner, reference: str) -> str:
    """Return the reference as we keep it, so that two partners cannot collide. A partner's code has no colon."""
    return f"{partner.code}:{reference}"
