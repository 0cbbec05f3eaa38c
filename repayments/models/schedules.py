"""Schedules: versions, and the installments of each with what was paid and waived of them."""

from typing import Any

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loans.models import Loan


class ScheduleVersion(models.Model):
    """
    Why the installments of this version replaced the ones before.

    What a version demands is never edited: its dates and amounts stay, and only what was paid and waived is counted up
    while it is in force. The first version is the schedule of the contract, or of the takeover.
    """

    class Reason(models.TextChoices):
        CONTRACT = "CONTRACT", _("Contract")
        TAKEOVER = "TAKEOVER", _("Takeover")
        EXTENSION = "EXTENSION", _("Payment holiday")
        RESTRUCTURE = "RESTRUCTURE", _("New terms")
        ARREARS_PLAN = "ARREARS_PLAN", _("Arrears in installments")
        RATE_CHANGE = "RATE_CHANGE", _("New rate")
        DUE_DAY = "DUE_DAY", _("New due day")
        FEE = "FEE", _("Fee")
        PREPAYMENT = "PREPAYMENT", _("Partial prepayment")
        RESTATEMENT = "RESTATEMENT", _("Correction")

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
    period_from = models.DateField(_("interest from"), null=True, blank=True)
    earned_interest_minor = models.BigIntegerField(_("interest earned before"), db_default=0, default=0)
    earned_fee_minor = models.BigIntegerField(_("fee due before"), db_default=0, default=0)
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


class InstallmentMovement(models.Model):
    """
    A change of what an installment demands, or of what was paid or waived of it, with when it counts and who wrote it.

    Append-only. The sum of the movements up to a day, on top of the first schedule version, is what was open on that
    day; leaving out what was posted later gives it as it was known then. An installment that moves to another day
    leaves the old one and enters the new one.
    """

    class Kind(models.TextChoices):
        DEMANDED = "S", _("Demanded")
        PAID = "P", _("Paid")
        WAIVED = "W", _("Waived")

    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="movements", db_index=False, verbose_name=_("loan")
    )
    event = models.ForeignKey(
        "repayments.LoanEvent", on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    posted_at = models.DateTimeField(_("posted at"), db_default=Now(), editable=False)
    effective_on = models.DateField(_("effective on"))
    kind = models.CharField(_("kind"), max_length=1, choices=Kind)
    number = models.PositiveSmallIntegerField(_("installment"))
    due_on = models.DateField(_("due on"))
    principal_minor = models.BigIntegerField(_("principal"))
    interest_minor = models.BigIntegerField(_("interest"))
    fee_minor = models.BigIntegerField(_("fee"))

    class Meta:
        verbose_name = _("movement of an installment")
        verbose_name_plural = _("movements of installments")
        indexes = [models.Index(fields=["loan", "effective_on"], name="repayments_movement_by_loan")]

    def __str__(self) -> str:
        return f"{self.loan_id}/{self.number} {self.effective_on} {self.kind}"
