"""What the daily reconciliation found."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ReconciliationDay(models.Model):
    """
    Every loan's balance against its postings on one day, and debits against credits. All differences must be 0.

    `details` holds the first differences: loan, account, and what either side says, in minor units, debits positive.
    `unbalanced` is `{currency: debits less credits}` of the whole ledger, where that is not 0.
    """

    on = models.DateField(_("day"), unique=True)
    ran_at = models.DateTimeField(_("ran at"), db_default=Now())
    loans = models.BigIntegerField(_("loans compared"))
    differences = models.BigIntegerField(_("differences"))
    difference_minor = models.BigIntegerField(
        _("sum of differences"), help_text=_("In minor units, each difference without its sign.")
    )
    unbalanced = models.JSONField(_("debits less credits"), default=dict)
    details = models.JSONField(_("first differences"), default=list)
    actor = models.TextField(_("actor"))

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        ordering = ["-on"]
        permissions = [("run_reconciliationday", "Can run the reconciliation")]

    def __str__(self) -> str:
        return str(self.on)

    @property
    def is_clean(self) -> bool:
        return self.differences == 0 and not self.unbalanced
