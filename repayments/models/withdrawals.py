"""Loans that are given back within the days of cooling off."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Viewer
from loans.models import Loan


class WithdrawalQuerySet(models.QuerySet["Withdrawal"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the withdrawals from the loans that this person may see."""
        return self.filter(loan__in=Loan.objects.visible_to(user))


class Withdrawal(models.Model):
    """
    A borrower's word that they give a loan back. It needs no reason, and only the sum paid out is returned.

    :ivar pay_by: the last day on which the sum can come in; None while the payout itself may still be on its way.
    :ivar waivers: ids of the events by which interest and fees were given up once the sum was there.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING", _("Waiting for the payout to arrive or fail")
        OPEN = "OPEN", _("Waiting for the money")
        DONE = "DONE", _("Given back")
        LAPSED = "LAPSED", _("Not paid back in time")

    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, related_name="withdrawal", verbose_name=_("loan"))
    status = models.CharField(_("status"), max_length=7, choices=Status)
    asked_at = models.DateTimeField(_("asked for at"))
    pay_by = models.DateField(_("to be paid back by"), null=True, blank=True)
    waivers = models.JSONField(_("waivers"), default=list)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        verbose_name = _("withdrawal from a loan")
        verbose_name_plural = _("withdrawals from loans")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="WAITING", pay_by=None) | (~Q(status="WAITING") & Q(pay_by__isnull=False)),
                name="repayments_withdrawal_has_a_day",
            )
        ]
        indexes = [models.Index(fields=["pay_by"], condition=Q(status="OPEN"), name="repayments_withdrawal_open")]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.status}"
