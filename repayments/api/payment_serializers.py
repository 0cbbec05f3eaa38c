"""Payments as partners send and read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Prefetch, QuerySet, TextChoices
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashu.api.bulk_reading import BulkQuery, IdsField
from dashu.api.fields import LenderDateField, MinorField, MoneyField, StrictSerializer
from dashu.api.pagination import PageQuery
from dashu.api.reading import ReadQuery
from dashu.users.models import Partner
from repayments.api.seeing import LONGEST_PUBLIC_ID, public_id, reference_of
from repayments.models import Channel, LoanEvent, Payment, PaymentAllocation, PaymentGroup, PaymentGroupPart
from repayments.selectors.returns import returns_of

KINDS = [
    LoanEvent.Kind.PAYMENT.value,
    LoanEvent.Kind.PROCEEDS.value,
    LoanEvent.Kind.PREPAYMENT.value,
    LoanEvent.Kind.SETTLEMENT.value,
    LoanEvent.Kind.RECOVERY.value,
]


class PaymentStatus(TextChoices):
    """Whether a payment counts."""

    BOOKED = "BOOKED"
    RETURNED = "RETURNED"


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


class ReturnOut(serializers.Serializer):
    """The money went back: since when, and when we wrote it."""

    on = serializers.DateField(source="effective_on")
    posted_at = serializers.DateTimeField()


class SplitPlaceOut(serializers.Serializer):
    """Which part of which sum the payment is."""

    id = serializers.CharField(help_text="`id` of the split payment.")
    position = serializers.IntegerField()


class PaymentOut(serializers.Serializer):
    """Money that came in for a loan, whoever it was paid to, and what it paid."""

    id = serializers.SerializerMethodField()
    loan = serializers.CharField(source="loan.number")
    reference = serializers.SerializerMethodField()
    channel = serializers.ChoiceField(choices=Channel.values)
    kind = serializers.ChoiceField(choices=KINDS, source="event.kind")
    status = serializers.SerializerMethodField()
    amount = MinorField(source="amount_minor")
    received_on = serializers.DateField()
    posted_at = serializers.DateTimeField()
    is_returned = serializers.BooleanField(help_text="The payment did not hold and was taken back.")
    returned = serializers.SerializerMethodField()
    applied = PaidPartOut(source="*")
    installments = PaidInstallmentOut(source="allocations", many=True)
    split = serializers.SerializerMethodField()

    def get_id(self, payment: Payment) -> str:
        return public_id(payment.reference)

    @extend_schema_field(serializers.CharField(allow_null=True, help_text="As the partner gave it; null: not by it."))
    def get_reference(self, payment: Payment) -> str | None:
        return own_reference(payment, self.context["partner"])

    @extend_schema_field(serializers.ChoiceField(choices=PaymentStatus.values))
    def get_status(self, payment: Payment) -> str:
        return PaymentStatus.RETURNED if payment.is_returned else PaymentStatus.BOOKED

    @extend_schema_field(ReturnOut(allow_null=True))
    def get_returned(self, payment: Payment) -> dict[str, Any] | None:
        back = self.context["returns"].get(payment.pk)
        return None if back is None else dict(ReturnOut(back).data)

    @extend_schema_field(SplitPlaceOut(allow_null=True))
    def get_split(self, payment: Payment) -> dict[str, Any] | None:
        part: PaymentGroupPart | None = getattr(payment, "group_part", None)
        if part is None or own_reference(part.group, self.context["partner"]) is None:
            return None
        return {"id": public_id(part.group.reference), "position": part.position}


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
    id = serializers.SerializerMethodField()
    reference = serializers.SerializerMethodField(help_text="As the partner gave it.")
    total = MinorField(source="total_minor")
    received_on = serializers.DateField()
    posted_at = serializers.DateTimeField()
    payments = serializers.SerializerMethodField()

    def get_id(self, group: PaymentGroup) -> str:
        return public_id(group.reference)

    def get_reference(self, group: PaymentGroup) -> str:
        return group.reference.partition(":")[2]

    @extend_schema_field(PaymentOut(many=True))
    def get_payments(self, group: PaymentGroup) -> list[dict[str, Any]]:
        """One for each part, in the order given; their references are the sum's with `-1`, `-2` and so on."""
        parts = payments_shown(Payment.objects.filter(group_part__group=group)).order_by("group_part__position")
        return payments_json(list(parts), partner=self.context["partner"])


class LoanPaymentsQuery(PageQuery):
    """The query parameters of the payments of a loan."""

    shape = PaymentOut

    received_from = LenderDateField(required=False, help_text="Only payments that count from this day on.")
    received_to = LenderDateField(required=False, help_text="Only payments that count up to this day, it included.")
    reference = serializers.CharField(max_length=39, required=False, help_text="The partner's own reference.")
    status = serializers.ChoiceField(choices=PaymentStatus.values, required=False)
    channel = serializers.ChoiceField(choices=Channel.values, required=False)


class PaymentsQuery(LoanPaymentsQuery, BulkQuery):
    """The query parameters of the payments of all loans."""

    loan = serializers.CharField(max_length=60, required=False, help_text="Only payments of this loan, by its number.")
    ids = IdsField(longest=LONGEST_PUBLIC_ID)


class PaymentQuery(ReadQuery):
    shape = PaymentOut


class SplitPaymentQuery(ReadQuery):
    shape = SplitPaymentOut


class PaymentPage(serializers.Serializer):
    results = PaymentOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


def payments_shown(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """Return the payments with all that an answer says of them, in two queries however many there are."""
    allocations = PaymentAllocation.objects.annotate(currency=F("payment__loan__currency")).order_by("number")
    shown = payments.select_related("loan", "event", "group_part__group").annotate(currency=F("loan__currency"))
    return shown.prefetch_related(Prefetch("allocations", queryset=allocations))


def payments_json(payments: Sequence[Payment], *, partner: Partner) -> list[dict[str, Any]]:
    """Return what `payments_shown` gave as JSON; one more query where some were returned."""
    context = {"partner": partner, "returns": returns_of(payments)}
    return [dict(row) for row in PaymentOut(payments, many=True, context=context).data]


def filtered(payments: QuerySet[Payment], query: Mapping[str, Any], *, partner: Partner) -> QuerySet[Payment]:
    """Return those of the payments that the parameters of the list ask for."""
    asked = {
        "received_on__gte": query.get("received_from"),
        "received_on__lte": query.get("received_to"),
        "channel": query.get("channel"),
        "loan__number": query.get("loan"),
    }
    payments = payments.filter(**{name: value for name, value in asked.items() if value is not None})
    if (reference := query.get("reference")) is not None:
        payments = payments.filter(reference=stored_reference(partner, reference), channel=Channel.PARTNER)
    if (status := query.get("status")) is not None:
        payments = payments.filter(is_returned=status == PaymentStatus.RETURNED)
    if (ids := query.get("ids")) is not None:
        payments = payments.filter(reference__in=[reference_of(one) for one in ids])
    return payments


def own_reference(paid: Payment | PaymentGroup, partner: Partner) -> str | None:
    """Return the reference that this partner gave what was paid, None where another way brought it."""
    own = stored_reference(partner, "")
    is_own = paid.channel == Channel.PARTNER and paid.reference.startswith(own)
    return paid.reference.removeprefix(own) if is_own else None


def stored_reference(partner: Partner, reference: str) -> str:
    """Return the reference as we keep it, so that two partners cannot collide. A partner's code has no colon."""
    return f"{partner.code}:{reference}"
