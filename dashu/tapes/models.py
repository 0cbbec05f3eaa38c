"""
What a tape says beyond its loans: events still to be replayed, figures the old system reported, and what another system
stated when it handed a loan over in the middle of its life.
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loans.models import Loan


class TapeEvent(models.Model):
    """Money received or a payment holiday in the history of a tape; booked by the replay, once."""

    class Kind(models.TextChoices):
        PAYMENT = "PAYMENT", _("Payment")
        PROCEEDS = "PROCEEDS", _("Proceeds that pay no installment")
        EXTENSION = "EXTENSION", _("Payment holiday")

    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("number at the source"), max_length=80)
    reference = models.CharField(_("reference"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    happened_on = models.DateField(_("happened on"))
    amount_minor = models.BigIntegerField(_("amount"), db_default=0, default=0)
    months = models.PositiveSmallIntegerField(_("months"), db_default=0, default=0)
    is_booked = models.BooleanField(_("booked"), db_default=False, default=False)
    refusal = models.CharField(_("refused with"), max_length=60, blank=True, db_default="", default="")

    class Meta:
        verbose_name = _("tape event")
        verbose_name_plural = _("tape events")
        constraints = [models.UniqueConstraint(fields=["source", "reference"], name="tapes_event_once")]
        indexes = [models.Index(fields=["source", "happened_on"], name="tapes_event_by_day")]

    def __str__(self) -> str:
        return self.reference


class ReportedFigure(models.Model):
    """
    What the old system reported of a loan at the end of a day, and what our book says of the same day.

    :ivar reported: such as `{"days_past_due": 3, "principal_minor": 120000, "interest_minor": 1500}`.
    :ivar live: the same keys, written by the replay at the close of that day; empty until then.
    """

    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("number at the source"), max_length=80)
    as_of = models.DateField(_("as of"))
    reported = models.JSONField(_("reported"))
    live = models.JSONField(_("our book"), db_default=models.Value({}, models.JSONField()), default=dict)

    class Meta:
        verbose_name = _("reported figure")
        verbose_name_plural = _("reported figures")
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id", "as_of"], name="tapes_figure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id} {self.as_of}"


class AgeingNight(models.Model):
    """How many loans of a tape, open and with nothing paid, were how far behind at the end of a day, by our book."""

    source = models.CharField(_("source"), max_length=40)
    as_of = models.DateField(_("as of"))
    by_days = models.JSONField(_("loans by days past due"), help_text=_("Loans with one installment only."))

    class Meta:
        verbose_name = _("ageing of a night")
        verbose_name_plural = _("ageing of nights")
        constraints = [models.UniqueConstraint(fields=["source", "as_of"], name="tapes_ageing_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.as_of}"


class Handover(models.Model):
    """
    A loan as another system handed it over, at the end of a day; never changed. Amounts in minor units.

    :ivar digest: of everything that was handed over of the loan, so that another version of it is noticed.
    """

    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, related_name="handover", verbose_name=_("loan"))
    source = models.CharField(_("source"), max_length=40)
    taken_over_on = models.DateField(_("taken over on"))
    principal_minor = models.BigIntegerField(_("principal"))
    interest_minor = models.BigIntegerField(_("interest due"))
    fee_minor = models.BigIntegerField(_("fees due"))
    penalty_minor = models.BigIntegerField(_("penalty due"))
    credit_minor = models.BigIntegerField(_("credit of the borrower"))
    days_past_due = models.PositiveIntegerField(_("days past due"), null=True, blank=True)
    digest = models.CharField(_("digest"), max_length=64)
    imported_at = models.DateTimeField(_("imported at"), db_default=Now(), editable=False)
    imported_by = models.CharField(_("imported by"), max_length=80)

    class Meta:
        verbose_name = _("taken-over loan")
        verbose_name_plural = _("taken-over loans")
        indexes = [models.Index(fields=["source", "id"], name="tapes_handover_by_source")]

    def __str__(self) -> str:
        return f"{self.source} {self.loan_id}"


class HandoverRow(models.Model):
    """One installment as the other system handed it over, with what was still open of it; never changed."""

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="rows", db_index=False)
    number = models.PositiveSmallIntegerField(_("installment"))
    due_on = models.DateField(_("due on"))
    principal_minor = models.BigIntegerField(_("principal"))
    interest_minor = models.BigIntegerField(_("interest"))
    fee_minor = models.BigIntegerField(_("fee"))
    open_principal_minor = models.BigIntegerField(_("principal open"))
    open_interest_minor = models.BigIntegerField(_("interest open"))
    open_fee_minor = models.BigIntegerField(_("fee open"))

    class Meta:
        verbose_name = _("installment handed over")
        verbose_name_plural = _("installments handed over")
        constraints = [models.UniqueConstraint(fields=["handover", "number"], name="tapes_handover_row_once")]

    def __str__(self) -> str:
        return f"{self.handover_id}/{self.number}"


class EarlierEvent(models.Model):
    """Something that happened to a loan at the other system; shown, never booked, never changed."""

    class Kind(models.TextChoices):
        PAYOUT = "PAYOUT", _("Paid out")
        PAYMENT = "PAYMENT", _("Payment")
        RETURNED = "RETURNED", _("Returned payment")
        FEE = "FEE", _("Fee")
        PENALTY = "PENALTY", _("Penalty")
        WAIVER = "WAIVER", _("Waiver")
        REFUND = "REFUND", _("Refund")
        HOLIDAY = "HOLIDAY", _("Payment holiday")
        NEW_TERMS = "NEW_TERMS", _("New terms")
        RATE_CHANGE = "RATE_CHANGE", _("New rate")
        OTHER = "OTHER", _("Other")

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="history", db_index=False)
    position = models.PositiveIntegerField(_("place"))
    happened_on = models.DateField(_("happened on"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    amount_minor = models.BigIntegerField(_("amount"), db_default=0, default=0)
    principal_minor = models.BigIntegerField(_("principal"), db_default=0, default=0)
    interest_minor = models.BigIntegerField(_("interest"), db_default=0, default=0)
    fee_minor = models.BigIntegerField(_("fee"), db_default=0, default=0)
    penalty_minor = models.BigIntegerField(_("penalty"), db_default=0, default=0)
    credit_minor = models.BigIntegerField(_("credit"), db_default=0, default=0)
    reference = models.CharField(_("reference"), max_length=80, blank=True, db_default="", default="")
    note = models.CharField(_("note"), max_length=200, blank=True, db_default="", default="")

    class Meta:
        verbose_name = _("event before the takeover")
        verbose_name_plural = _("events before the takeover")
        constraints = [models.UniqueConstraint(fields=["handover", "position"], name="tapes_earlier_event_once")]

    def __str__(self) -> str:
        return f"{self.handover_id} {self.happened_on} {self.kind}"

    @property
    def amounts(self) -> tuple[int, int, int, int, int, int]:
        """The amount and its parts, as far as they are known: principal, interest, fee, penalty, credit."""
        return (
            self.amount_minor,
            self.principal_minor,
            self.interest_minor,
            self.fee_minor,
            self.penalty_minor,
            self.credit_minor,
        )
