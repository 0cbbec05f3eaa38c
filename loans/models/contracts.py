"""What comes between a chosen offer and the money: the costs that were read, the signature, the contract."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from loans.models.applications import Application
from loans.models.reviews import Offer


class Disclosure(models.Model):
    """
    The reading of one cost sheet by the applicant, from opening it to the answers that show it was understood.

    A sheet whose dates alone moved, because another day has begun, is the same sheet: `figures_digest` leaves the dates
    out, `sheet_digest` is the one of the day on which it was read last.

    :ivar tries: each answering, `{"at", "answers", "wrong"}`; how often it took decides nothing.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="disclosures", verbose_name=_("application")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="disclosures", db_index=False, verbose_name=_("offer")
    )
    figures_digest = models.CharField(_("digest of the figures"), max_length=64)
    sheet_digest = models.CharField(_("digest of the cost sheet"), max_length=64)
    opened_at = models.DateTimeField(_("opened at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    tries = models.JSONField(_("answers"), default=list)
    passed_at = models.DateTimeField(_("understood at"), null=True, blank=True)

    class Meta:
        verbose_name = _("reading of a cost sheet")
        verbose_name_plural = _("readings of cost sheets")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "figures_digest"], name="loans_disclosure_once_per_figures")
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.sheet_digest[:8]}"
