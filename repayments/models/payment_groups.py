"""One sum of money for several loans of a borrower."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Borrower
from repayments.models.checkouts import Checkout
from repayments.models.payments import Channel, Payment


class PaymentGroup(models.Model):
    """Money that came as one and was split over loans as the payer said; its parts sum to the total."""

    reference = models.CharField(_("reference"), max_length=76, unique=True)
    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="+", verbose_name=_("borrower"))
    total_minor = models.BigIntegerField(_("total"))
    currency = models.CharField(_("currency"), max_length=3)
    received_on = models.DateField(_("received on"))
    channel = models.CharField(_("channel"), max_length=16, choices=Channel)
    posted_at = models.DateTimeField(_("posted at"), db_default=Now(), editable=False)
    checkout = models.OneToOneField(
        Checkout, on_delete=models.PROTECT, null=True, blank=True, related_name="group", verbose_name=_("checkout")
    )

    class Meta:
        verbose_name = _("payment for several loans")
        verbose_name_plural = _("payments for several loans")

    def __str__(self) -> str:
        return self.reference


class PaymentGroupPart(models.Model):
    """The payment that one part became; `position` counts from 1 in the order stated."""

    pk = models.CompositePrimaryKey("group_id", "position")
    group = models.ForeignKey(
        PaymentGroup, on_delete=models.PROTECT, related_name="parts", db_index=False, verbose_name=_("group")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, related_name="group_part", verbose_name=_("payment")
    )

    class Meta:
        verbose_name = _("part of a payment")
        verbose_name_plural = _("parts of a payment")

    def __str__(self) -> str:
        return f"{self.group_id}/{self.position}"
