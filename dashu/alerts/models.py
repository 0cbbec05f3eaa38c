"""What the person on call has to know: one row from the moment something is noticed until it is over."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.alerts.texts import text_of


class Alert(models.Model):
    """
    :ivar kind: a key of `dashu.alerts.texts.KINDS`, which says what happened and what to do.
    :ivar subject: what it happened to, such as a business date; at most one alert of a kind is open for a subject.
    :ivar times: how often it was noticed while it was open.
    """

    kind = models.CharField(_("kind"), max_length=60)
    subject = models.CharField(_("subject"), max_length=100, blank=True)
    params = models.JSONField(_("values"), db_default=Value({}, models.JSONField()), default=dict)
    first_at = models.DateTimeField(_("noticed first"), db_default=Now(), editable=False)
    last_at = models.DateTimeField(_("noticed last"), db_default=Now(), editable=False)
    times = models.PositiveIntegerField(_("times"), db_default=1, default=1)
    ended_at = models.DateTimeField(_("over since"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = [F("ended_at").desc(nulls_first=True), "-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended_at=None), name="alerts_one_open_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def text(self) -> str:
        """What happened and what to do, in the reader's language."""
        return text_of(self.kind, self.params)
