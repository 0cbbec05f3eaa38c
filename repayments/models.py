"""
Schedules, money received and what it paid.

Every table that grows with the book starts its key with the loan, so that it can be partitioned by loan. A schedule
is a version: when it changes, a new version carries all rows on and the old one stays readable.
"""

from typing import Any, Self

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Viewer
from loans.models import Loan


class LoanEvent(models.Model):
    """
    Something that happened to a loan, with when it counts and when we wrote it. Never edited.

    The loan's whole position follows from its first schedule version and its events, replayed in order.
    """

    class Kind(models.TextChoices):
        DISBURSED = "DISBURSED", _("Paid out")
        TAKEN_OVER = "TAKEN_OVER", _("Taken over")
        PAYMENT = "PAYMENT", _("Payment")
        PROCEEDS = "PROCEEDS", _("Proceeds that pay no installment")
        SETTLEMENT = "SETTLEMENT", _("Early settlement")
        REVERSAL = "REVERSAL", _("Payment returned")
        EXTENSION = "EXTENSION", _("Payment holiday")
        CHARGE_OFF = "CHARGE_OFF", _("Charge-off")

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="events", verbose_name=_("loan"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    effective_on = models.DateField(_("effective on"))
    posted_at = models.DateTimeField(_("posted at"), db_default=Now(), editable=False)
    amount_minor = models.BigIntegerField(_("amount"), default=0)
    data = models.JSONField(_("data"), default=dict)
    actor = models.TextField(_("actor"))

    class Meta:
        verbose_name = _("loan event")
        verbose_name_plural = _("loan events")
        ordering = ["effective_on", "id"]
        indexes = [models.Index(fields=["loan", "effective_on", "id"], name="repayments_event_by_loan")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective_on}"


class ScheduleVersion(models.Model):
    """Why the installments of this version replaced the ones before."""

    class Reason(models.TextChoices):
        CONTRACT = "CONTRACT", _("Contract")
        TAKEOVER = "TAKEOVER", _("Takeover")
        EXTENSION = "EXTENSION", _("Payment holiday")

    pk = models.CompositePrimaryKey("loan_id", "version")
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="schedule_versions", db_index=False, verbose_name=_("loan")
    )
    version = models.PositiveSmallIntegerField(_("version"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    effective_on = models.DateField(_("effective on"))
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("schedule version")
        verbose_name_plural = _("schedule versions")

    def __str__(self) -> str:
        return f"{self.loan_id} v{self.version}"


def _unpaid(part: str) -> Any:
    return F(f"{part}_minor") - F(f"paid_{part}_minor") - F(f"waived_{part}_minor")


class Installment(models.Model):
    """One row of a schedule version with what has been paid and waived of it. Amounts in minor units."""

    pk = models.CompositePrimaryKey("loan_id", "version", "number")
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="installments", db_index=False, verbose_name=_("loan")
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    number = models.PositiveSmallIntegerField(_("number"))
    due_on = models.DateField(_("due on"))
    principal_minor = models.BigIntegerField(_("principal"))
    interest_minor = models.BigIntegerField(_("interest"))
    fee_minor = models.BigIntegerField(_("fee"), db_default=0, default=0)
    paid_principal_minor = models.BigIntegerField(_("principal paid"), db_default=0, default=0)
    paid_interest_minor = models.BigIntegerField(_("interest paid"), db_default=0, default=0)
    paid_fee_minor = models.BigIntegerField(_("fee paid"), db_default=0, default=0)
    waived_principal_minor = models.BigIntegerField(_("principal waived"), db_default=0, default=0)
    waived_interest_minor = models.BigIntegerField(_("interest waived"), db_default=0, default=0)
    waived_fee_minor = models.BigIntegerField(_("fee waived"), db_default=0, default=0)
    is_current = models.BooleanField(_("in force"), db_default=True, default=True)
    unpaid_minor = models.GeneratedField(
        expression=Case(
            When(is_current=True, then=_unpaid("principal") + _unpaid("interest") + _unpaid("fee")),
            default=Value(0),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
        verbose_name=_("unpaid"),
    )

    class Meta:
        verbose_name = _("installment")
        verbose_name_plural = _("installments")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    principal_minor__gte=F("paid_principal_minor") + F("waived_principal_minor"),
                    interest_minor__gte=F("paid_interest_minor") + F("waived_interest_minor"),
                    fee_minor__gte=F("paid_fee_minor") + F("waived_fee_minor"),
                    paid_principal_minor__gte=0,
                    paid_interest_minor__gte=0,
                    paid_fee_minor__gte=0,
                ),
                name="repayments_installment_paid_at_most_what_is_owed",
            )
        ]
        indexes = [
            # The nightly close and the reminders find their work here; a settled installment costs them nothing.
            models.Index(
                fields=["due_on", "loan"], condition=Q(unpaid_minor__gt=0), name="repayments_installment_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}/{self.number} {self.due_on}"


class LoanBalance(models.Model):
    """
    Where a loan stands. Amounts in minor units; `*_parts` are exact fractions, see `dashu.finance.penalty`.

    :ivar accrued_through: last day whose penalty is in the figures; a loan with nothing overdue may lag behind.
    """

    loan = models.OneToOneField(
        Loan, on_delete=models.PROTECT, primary_key=True, related_name="balance", verbose_name=_("loan")
    )
    schedule_version = models.PositiveSmallIntegerField(_("schedule version"), db_default=1, default=1)
    principal_minor = models.BigIntegerField(_("principal outstanding"))
    unapplied_minor = models.BigIntegerField(_("credit of the borrower"), db_default=0, default=0)
    penalty_parts = models.DecimalField(max_digits=40, decimal_places=0, db_default=0, default=0)
    penalty_charged_minor = models.BigIntegerField(_("penalty charged"), db_default=0, default=0)
    penalty_paid_minor = models.BigIntegerField(_("penalty paid"), db_default=0, default=0)
    penalty_waived_minor = models.BigIntegerField(_("penalty waived"), db_default=0, default=0)
    interest_parts = models.DecimalField(max_digits=40, decimal_places=0, db_default=0, default=0)
    interest_collected_minor = models.BigIntegerField(_("daily interest collected"), db_default=0, default=0)
    accrued_through = models.DateField(_("accrued through"))
    interest_through = models.DateField(_("daily interest through"))
    latest_event_on = models.DateField(_("latest event on"))

    class Meta:
        verbose_name = _("loan balance")
        verbose_name_plural = _("loan balances")

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.principal_minor}"

    @property
    def penalty_due_minor(self) -> int:
        return self.penalty_charged_minor - self.penalty_paid_minor - self.penalty_waived_minor


class Channel(models.TextChoices):
    GATEWAY = "GATEWAY", _("Online payment")
    BANK_TRANSFER = "BANK_TRANSFER", _("Bank transfer")
    PARTNER = "PARTNER", _("Partner")
    CASH_DESK = "CASH_DESK", _("Cash desk")
    TAPE = "TAPE", _("Loan tape")


class PaymentQuerySet(models.QuerySet["Payment"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the payments on the loans that this person may see."""
        return self.filter(loan__in=Loan.objects.visible_to(user))


class Payment(models.Model):
    """
    Money received for a loan, and what it paid on the books as far as known today; minor units.

    The five parts sum to the amount. A restatement may change the parts, never the amount; the ledger keeps both.
    """

    event = models.OneToOneField(LoanEvent, on_delete=models.PROTECT, primary_key=True, verbose_name=_("loan event"))
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="payments", verbose_name=_("loan"))
    reference = models.CharField(_("reference"), max_length=80, unique=True)
    channel = models.CharField(_("channel"), max_length=16, choices=Channel)
    amount_minor = models.BigIntegerField(_("amount"))
    received_on = models.DateField(_("received on"))
    posted_at = models.DateTimeField(_("posted at"), db_default=Now(), editable=False)
    fee_minor = models.BigIntegerField(_("fee"), default=0)
    penalty_minor = models.BigIntegerField(_("penalty"), default=0)
    interest_minor = models.BigIntegerField(_("interest"), default=0)
    principal_minor = models.BigIntegerField(_("principal"), default=0)
    unapplied_minor = models.BigIntegerField(_("credit"), default=0)
    is_returned = models.BooleanField(_("returned"), default=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-event_id"]
        permissions = [("return_payment", "Can return payment")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="repayments_payment_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(is_returned=True)
                | Q(
                    amount_minor=F("fee_minor")
                    + F("penalty_minor")
                    + F("interest_minor")
                    + F("principal_minor")
                    + F("unapplied_minor")
                ),
                name="repayments_payment_parts_sum_to_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class PaymentAllocation(models.Model):
    """How much of a payment counts towards one installment; the installment is a row of the schedule in force."""

    pk = models.CompositePrimaryKey("payment_id", "number")
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="allocations", db_index=False, verbose_name=_("payment")
    )
    number = models.PositiveSmallIntegerField(_("installment"))
    fee_minor = models.BigIntegerField(_("fee"), default=0)
    interest_minor = models.BigIntegerField(_("interest"), default=0)
    principal_minor = models.BigIntegerField(_("principal"), default=0)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")

    def __str__(self) -> str:
        return f"{self.payment_id} → {self.number}"


class Disbursement(models.Model):
    """Money paid out for a loan."""

    event = models.OneToOneField(LoanEvent, on_delete=models.PROTECT, primary_key=True, verbose_name=_("loan event"))
    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, related_name="disbursement", verbose_name=_("loan"))
    reference = models.CharField(_("reference"), max_length=80, unique=True)
    amount_minor = models.BigIntegerField(_("amount"))
    disbursed_on = models.DateField(_("paid out on"))

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")

    def __str__(self) -> str:
        return self.reference


class Checkout(models.Model):
    """A borrower's visit to the payment provider: started here, confirmed or declined there."""

    class Status(models.TextChoices):
        STARTED = "STARTED", _("Started")
        PAID = "PAID", _("Paid")
        DECLINED = "DECLINED", _("Declined")

    token = models.UUIDField(_("token"), unique=True, editable=False)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="checkouts", verbose_name=_("loan"))
    amount_minor = models.BigIntegerField(_("amount"))
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.STARTED)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="checkout", verbose_name=_("payment")
    )

    class Meta:
        verbose_name = _("checkout")
        verbose_name_plural = _("checkouts")

    def __str__(self) -> str:
        return str(self.token)
