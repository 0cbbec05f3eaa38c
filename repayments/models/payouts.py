"""Money that is paid out on a signed contract, from the order to its arrival."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Viewer
from dashu.users.sealing import SealedText
from loans.models import Loan


class PayoutQuerySet(models.QuerySet["Payout"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the payouts of the loans that this person may see."""
        return self.filter(loan__in=Loan.objects.visible_to(user))


class Payout(models.Model):
    """
    One payout of a loan's principal. Where it fails, another one takes its place, under a token of its own.

    :ivar token: under which the provider pays once, however often it is asked.
    :ivar number: the how-many-th payout of the loan, from 1.
    :ivar account_number: where it goes; sealed, and shown masked.
    :ivar due_on: the day that the contract names; nothing is sent before it.
    :ivar held_because: the conditions that a later part of a contract does not meet, codes of
        `repayments.services.tranche_conditions.Condition`; it is held since `held_at`, and looked at again and again.
    :ivar attempts: how often the provider was asked to send it, always under the same token.
    :ivar arrived_on: when the money was there, in the lender's zone: the schedule begins on this day.
    """

    class Status(models.TextChoices):
        REQUESTED = "REQUESTED", _("Waiting for approval")
        APPROVED = "APPROVED", _("To be sent")
        HELD = "HELD", _("Held back")
        SENT = "SENT", _("Sent, not yet confirmed")
        ARRIVED = "ARRIVED", _("Arrived")
        FAILED = "FAILED", _("Did not arrive")
        CANCELLED = "CANCELLED", _("Cancelled")

    class Destination(models.TextChoices):
        ISSUER_CARD = "ISSUER_CARD", _("Bank of the credit card")
        BANK_ACCOUNT = "BANK_ACCOUNT", _("Borrower's own account")

    OVER = (Status.FAILED, Status.CANCELLED)
    TO_SEND = (Status.APPROVED, Status.HELD)

    token = models.UUIDField(_("token"), unique=True, default=uuid.uuid4, editable=False)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="payouts", verbose_name=_("loan"))
    number = models.PositiveSmallIntegerField(_("number"))
    amount_minor = models.BigIntegerField(_("amount"))
    destination = models.CharField(_("paid out to"), max_length=12, choices=Destination)
    bank = models.CharField(_("bank"), max_length=60)
    account_number = SealedText(_("account"))
    account_shown = models.CharField(_("account"), max_length=40)
    status = models.CharField(_("status"), max_length=9, choices=Status)
    due_on = models.DateField(_("not before"))
    held_because = models.JSONField(
        _("held back because"), default=list, db_default=models.Value([], output_field=models.JSONField())
    )
    held_at = models.DateTimeField(_("held back since"), null=True, blank=True)
    provider = models.CharField(_("provider"), max_length=16, blank=True, default="")
    provider_reference = models.CharField(_("provider's reference"), max_length=80, blank=True, default="")
    failure = models.CharField(_("why it failed"), max_length=24, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    requested_at = models.DateTimeField(_("asked for at"), db_default=Now(), editable=False)
    approved_by = models.TextField(_("approved by"), blank=True, default="")
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    asked_at = models.DateTimeField(_("provider asked at"), null=True, blank=True)
    arrived_on = models.DateField(_("arrived on"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = PayoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ["-id"]
        permissions = [
            ("ask_payout", "Can ask for payouts above the automatic limit"),
            ("retry_payout", "Can try payouts again that failed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["loan", "number"], name="repayments_payout_number_once"),
            models.UniqueConstraint(
                fields=["loan"],
                condition=~Q(status__in=["FAILED", "CANCELLED"]),
                name="repayments_payout_one_at_a_time",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="repayments_payout_is_positive"),
            models.CheckConstraint(
                condition=Q(status="ARRIVED", arrived_on__isnull=False) | (~Q(status="ARRIVED") & Q(arrived_on=None)),
                name="repayments_payout_arrived_on_a_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"], condition=Q(status__in=["APPROVED", "HELD"]), name="repayments_payout_to_send"
            ),
            models.Index(fields=["sent_at"], condition=Q(status="SENT"), name="repayments_payout_unknown"),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} #{self.number}"
