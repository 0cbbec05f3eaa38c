"""Numbers by which a bank transfer finds its loan."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loans.models import Loan


class VirtualAccount(models.Model):
    """A loan's own number at the lender's bank; see `repayments.domain.virtual_accounts`."""

    loan = models.OneToOneField(
        Loan, on_delete=models.PROTECT, primary_key=True, related_name="virtual_account", verbose_name=_("loan")
    )
    number = models.CharField(_("account number"), max_length=32, unique=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("virtual account")
        verbose_name_plural = _("virtual accounts")

    def __str__(self) -> str:
        return self.number
