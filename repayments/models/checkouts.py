"""Visits to the payment provider."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loans.models import Loan
from repayments.models.payments import Payment


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
