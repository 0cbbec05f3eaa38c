"""What a tape says beyond its loans: events still to be replayed, and figures the old system reported."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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
