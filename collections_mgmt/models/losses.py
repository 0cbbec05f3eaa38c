"""Loans that are booked as a loss."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from loans.models import Loan


class LossManager(models.Manager["LossClaim"]):
    def get_queryset(self) -> models.QuerySet["LossClaim"]:
        lost = (Loan.Status.CHARGED_OFF, Loan.Status.WRITTEN_OFF)
        return super().get_queryset().filter(status__in=lost)


class LossClaim(Loan):
    """
    A loan that was charged off, whose claim continues, or written off, whose claim has ended.

    It is the loan as it was agreed: its claim is no new debt, and what comes in is booked to it like before.
    """

    objects: ClassVar[LossManager] = LossManager()  # type: ignore[assignment]

    class Meta:
        proxy = True
        verbose_name = _("claim booked as a loss")
        verbose_name_plural = _("claims booked as losses")
        ordering = ["-pk"]
