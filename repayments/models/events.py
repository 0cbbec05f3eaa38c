"""What happened to a loan. The loan's whole position follows from its events."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

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
