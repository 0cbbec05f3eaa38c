"""Where each loan stands."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from loans.models import Loan


class LoanBalance(models.Model):
    """
    Where a loan stands. Amounts in minor units; `*_parts` are exact fractions, see `dashu.finance.penalty`.

    :ivar penalty_uncapped_parts, penalty_room_parts: what the penalty rule alone charged, and the cap's room for it.
    :ivar accrued_through: last day whose penalty is in the figures; a loan with nothing overdue may lag behind.
    """

    loan = models.OneToOneField(
        Loan, on_delete=models.PROTECT, primary_key=True, related_name="balance", verbose_name=_("loan")
    )
    schedule_version = models.PositiveSmallIntegerField(_("schedule version"), db_default=1, default=1)
    principal_minor = models.BigIntegerField(_("principal outstanding"))
    unapplied_minor = models.BigIntegerField(_("credit of the borrower"), db_default=0, default=0)
    penalty_parts = models.DecimalField(max_digits=40, decimal_places=0, db_default=0, default=0)
    penalty_uncapped_parts = models.DecimalField(max_digits=40, decimal_places=0, db_default=0, default=0)
    penalty_room_parts = models.DecimalField(max_digits=40, decimal_places=0, db_default=0, default=0)
    penalty_charged_minor = models.BigIntegerField(_("penalty charged"), db_default=0, default=0)
    penalty_paid_minor = models.BigIntegerField(_("penalty paid"), db_default=0, default=0)
    penalty_waived_minor = models.BigIntegerField(_("penalty waived"), db_default=0, default=0)
    interest_parts = models.DecimalField(max_digits=40, decimal_places=0, db_default=0, default=0)
    interest_collected_minor = models.BigIntegerField(_("daily interest collected"), db_default=0, default=0)
    accrued_through = models.DateField(_("accrued through"))
    interest_through = models.DateField(_("daily interest through"))
    refund_due_minor = models.BigIntegerField(_("refund to come back"), db_default=0, default=0)
    annual_rate = models.DecimalField(
        _("annual rate in force"), max_digits=9, decimal_places=6, null=True, blank=True, help_text=_("If changed.")
    )
    is_non_accrual = models.BooleanField(_("no longer accrued as income"), db_default=False, default=False)
    pause_starts = ArrayField(models.DateField(), verbose_name=_("pauses from"), db_default=[], default=list)
    pause_ends = ArrayField(
        models.DateField(null=True), verbose_name=_("pauses to"), db_default=[], default=list, help_text=_("Included.")
    )
    latest_event_on = models.DateField(_("latest event on"))

    class Meta:
        verbose_name = _("loan balance")
        verbose_name_plural = _("loan balances")

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.principal_minor}"

    @property
    def penalty_due_minor(self) -> int:
        return self.penalty_charged_minor - self.penalty_paid_minor - self.penalty_waived_minor
