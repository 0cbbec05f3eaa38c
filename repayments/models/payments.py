"""Money that came in and went out, and what it paid."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Viewer
from loans.models import Loan
from repayments.models.events import LoanEvent


class Channel(models.TextChoices):
    GATEWAY = "GATEWAY", _("Online payment")
    BANK_TRANSFER = "BANK_TRANSFER", _("Bank transfer")
    PARTNER = "PARTNER", _("Partner")
    CASH_DESK = "CASH_DESK", _("Cash desk")
    AUTOPAY = "AUTOPAY", _("Autopay")
    TAPE = "TAPE", _("Loan tape")
    CONSOLIDATION = "CONSOLIDATION", _("Paid off by a new loan")


class PaymentQuerySet(models.QuerySet["Payment"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the payments on the loans that this person may see."""
        return self.filter(loan__in=Loan.objects.visible_to(user))


class Payment(models.Model):
    """
    Money received for a loan, and what it paid on the books as far as known today; minor units.

    The five parts sum to the amount. A restatement may change the parts, never the amount; the ledger keeps both.
    """

    event = models.OneToOneField(LoanEvent, on_delete=models.PROTECT, primary_key=True, verbose_name=_("loan event"))
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="payments", verbose_name=_("loan"))
    reference = models.CharField(_("reference"), max_length=80, unique=True)
    channel = models.CharField(_("channel"), max_length=16, choices=Channel)
    amount_minor = models.BigIntegerField(_("amount"))
    received_on = models.DateField(_("received on"))
    posted_at = models.DateTimeField(_("posted at"), db_default=Now(), editable=False)
    fee_minor = models.BigIntegerField(_("fee"), default=0)
    penalty_minor = models.BigIntegerField(_("penalty"), default=0)
    interest_minor = models.BigIntegerField(_("interest"), default=0)
    principal_minor = models.BigIntegerField(_("principal"), default=0)
    unapplied_minor = models.BigIntegerField(_("credit"), default=0)
    is_returned = models.BooleanField(_("returned"), default=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-event_id"]
        permissions = [
            ("return_payment", "Can return payment"),
            ("correct_payment", "Can correct payment"),
            ("refund_payment", "Can ask for a refund of what was paid too much"),
            ("cash_payment", "Can take payment at the cash desk"),
            ("charge_back_payment", "Can charge payment back"),
        ]
        # The night asks for the payments of its day, of a book whose past ones are never few.
        indexes = [models.Index(fields=["received_on", "loan"], name="repayments_payment_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="repayments_payment_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(is_returned=True)
                | Q(
                    amount_minor=F("fee_minor")
                    + F("penalty_minor")
                    + F("interest_minor")
                    + F("principal_minor")
                    + F("unapplied_minor")
                ),
                name="repayments_payment_parts_sum_to_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class PaymentAllocation(models.Model):
    """How much of a payment counts towards one installment; the installment is a row of the schedule in force."""

    pk = models.CompositePrimaryKey("payment_id", "number")
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="allocations", db_index=False, verbose_name=_("payment")
    )
    number = models.PositiveSmallIntegerField(_("installment"))
    fee_minor = models.BigIntegerField(_("fee"), default=0)
    interest_minor = models.BigIntegerField(_("interest"), default=0)
    principal_minor = models.BigIntegerField(_("principal"), default=0)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")

    def __str__(self) -> str:
        return f"{self.payment_id} → {self.number}"


class Disbursement(models.Model):
    """Money paid out for a loan."""

    event = models.OneToOneField(LoanEvent, on_delete=models.PROTECT, primary_key=True, verbose_name=_("loan event"))
    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, related_name="disbursement", verbose_name=_("loan"))
    reference = models.CharField(_("reference"), max_length=80, unique=True)
    amount_minor = models.BigIntegerField(_("amount"))
    disbursed_on = models.DateField(_("paid out on"))

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")

    def __str__(self) -> str:
        return self.reference
