"""Consents to be reported that were not given in an application of ours."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loans.models import Loan


class ReportingConsent(models.Model):
    """
    That a borrower agreed that a loan is told to the credit bureau, on paper or with the lender before us.

    What was agreed in an application is in the ledger of `dashu.consents`, under CREDIT_REPORTING.

    :ivar reference: by which the paper is found; it stands in the file.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="+", verbose_name=_("loan"))
    reference = models.CharField(_("reference of the paper"), max_length=60)
    given_on = models.DateField(_("given on"))
    ended_on = models.DateField(_("taken back on"), null=True, blank=True)
    noted_by = models.TextField(_("noted by"))

    class Meta:
        verbose_name = _("consent to be reported")
        verbose_name_plural = _("consents to be reported")
        constraints = [
            models.UniqueConstraint(
                fields=["loan"], condition=Q(ended_on=None), name="credit_reporting_one_consent_in_force"
            )
        ]

    def __str__(self) -> str:
        return self.reference
