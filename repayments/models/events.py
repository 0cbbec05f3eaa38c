"""What happened to a loan. The loan's whole position follows from its events."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loans.models import Loan


class LoanEvent(models.Model):
    """
    Something that happened to a loan, with when it counts and when we wrote it. Never edited.

    The loan's whole position follows from its first schedule version and its events, replayed in order. `data` holds
    what a kind needs beyond day and amount, as the table in `repayments.selectors.lives` reads it, and a reason.
    """

    class Kind(models.TextChoices):
        DISBURSED = "DISBURSED", _("Paid out")
        TAKEN_OVER = "TAKEN_OVER", _("Taken over")
        PAYMENT = "PAYMENT", _("Payment")
        PROCEEDS = "PROCEEDS", _("Proceeds that pay no installment")
        PREPAYMENT = "PREPAYMENT", _("Partial prepayment")
        SETTLEMENT = "SETTLEMENT", _("Early settlement")
        RECOVERY = "RECOVERY", _("Recovery")
        REVERSAL = "REVERSAL", _("Reversal")
        WAIVER = "WAIVER", _("Waiver")
        FEE = "FEE", _("Fee")
        REFUND = "REFUND", _("Refund of credit")
        EXTENSION = "EXTENSION", _("Payment holiday")
        RESTRUCTURE = "RESTRUCTURE", _("New terms")
        ARREARS_PLAN = "ARREARS_PLAN", _("Arrears in installments")
        RATE_CHANGE = "RATE_CHANGE", _("New rate")
        DUE_DAY = "DUE_DAY", _("New due day")
        PAUSE = "PAUSE", _("Pause of the count")
        RESUME = "RESUME", _("End of a pause")
        CHARGE_OFF = "CHARGE_OFF", _("Charge-off")
        WRITE_OFF = "WRITE_OFF", _("Write-off")
        SALE = "SALE", _("Sale of the loan")

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
        permissions = [
            ("waive_loanevent", "Can waive an amount"),
            ("charge_loanevent", "Can charge a fee"),
            ("refund_loanevent", "Can refund a credit"),
            ("extend_loanevent", "Can grant a payment holiday"),
            ("pause_loanevent", "Can pause and resume the count"),
            ("restructure_loanevent", "Can give a loan new terms"),
            ("reprice_loanevent", "Can change the rate of a loan"),
            ("redate_loanevent", "Can change the due day of a loan"),
            ("charge_off_loanevent", "Can charge off a loan"),
            ("write_off_loanevent", "Can write off a loan"),
            ("sell_loanevent", "Can sell a loan"),
        ]
        indexes = [models.Index(fields=["loan", "effective_on", "id"], name="repayments_event_by_loan")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective_on}"


class Restatement(models.Model):
    """
    What an event changed in what the borrower was told before: the loan just before and just after it was booked.

    `before` and `after` are the plain values of `repayments.domain.comparing`. Written once; the borrower's message and
    the staff's history are made from it.
    """

    event = models.OneToOneField(
        LoanEvent, on_delete=models.PROTECT, primary_key=True, related_name="restatement", verbose_name=_("loan event")
    )
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="restatements", verbose_name=_("loan"))
    from_on = models.DateField(_("from"))
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))

    class Meta:
        verbose_name = _("restatement")
        verbose_name_plural = _("restatements")

    def __str__(self) -> str:
        return f"{self.loan_id} {self.from_on}"
