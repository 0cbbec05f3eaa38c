"""Visits to the payment provider, and what the provider told us of them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loans.models import Loan
from repayments.models.payments import Payment


class Checkout(models.Model):
    """
    Money asked for through a payment provider: a borrower's visit to its page, or an autopay request.

    :ivar parts: `[[loan id, minor units], …]` of a payment for several loans, in the order stated; `loan` is the first.
    :ivar received_minor: what really came in, where it is not what was asked for; None where it is.
    :ivar asked_at: when the provider was last asked what became of it.
    """

    class Status(models.TextChoices):
        STARTED = "STARTED", _("Started")
        PAID = "PAID", _("Paid")
        DECLINED = "DECLINED", _("Declined")
        EXPIRED = "EXPIRED", _("Expired")

    class Purpose(models.TextChoices):
        PAGE = "PAGE", _("Paid by the borrower")
        AUTOPAY = "AUTOPAY", _("Autopay")

    token = models.UUIDField(_("token"), unique=True, editable=False)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="checkouts", verbose_name=_("loan"))
    amount_minor = models.BigIntegerField(_("amount"))
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.STARTED)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="checkout", verbose_name=_("payment")
    )
    provider = models.CharField(_("provider"), max_length=16, db_default="simulated", default="simulated")
    purpose = models.CharField(
        _("purpose"), max_length=8, choices=Purpose, db_default=Purpose.PAGE, default=Purpose.PAGE
    )
    parts = models.JSONField(_("parts"), db_default=models.Value([], models.JSONField()), default=list)
    received_minor = models.BigIntegerField(_("really received"), null=True, blank=True)
    failure = models.CharField(_("why not paid"), max_length=24, blank=True, db_default="", default="")
    asked_at = models.DateTimeField(_("asked about at"), null=True, blank=True)

    class Meta:
        verbose_name = _("checkout")
        verbose_name_plural = _("checkouts")
        indexes = [
            # The sweep finds here what the provider has not told us about.
            models.Index(fields=["created_at"], condition=Q(status="STARTED"), name="repayments_checkout_open"),
        ]

    def __str__(self) -> str:
        return str(self.token)

    @property
    def is_other_amount(self) -> bool:
        """Whether another amount came in than was asked for."""
        return self.received_minor is not None


class GatewayCallback(models.Model):
    """
    One message of a payment provider, however often it was delivered, and what we did with it.

    Only a digest of the body is kept. What a message says is believed, and kept here, only if its signature is good.
    """

    class Outcome(models.TextChoices):
        NEW = "NEW", _("Being read")
        BOOKED = "BOOKED", _("Booked")
        NOTED = "NOTED", _("Noted")
        IGNORED = "IGNORED", _("Known already")
        PARKED = "PARKED", _("Waits for the payment")
        FLAGGED = "FLAGGED", _("Needs a look")
        REFUSED = "REFUSED", _("Refused")

    # Sent again, these are read again: what was missing may be here by then.
    OPEN_OUTCOMES = (Outcome.NEW, Outcome.FLAGGED, Outcome.REFUSED)

    provider = models.CharField(_("provider"), max_length=16)
    event_id = models.CharField(_("message"), max_length=120)
    signature_ok = models.BooleanField(_("signature is good"))
    kind = models.CharField(_("kind"), max_length=16, blank=True, db_default="", default="")
    checkout_token = models.UUIDField(_("checkout"), null=True, blank=True)
    reference = models.CharField(_("provider's reference"), max_length=120, blank=True, db_default="", default="")
    amount_minor = models.BigIntegerField(_("amount"), db_default=0, default=0)
    currency = models.CharField(_("currency"), max_length=3, blank=True, db_default="", default="")
    occurred_at = models.DateTimeField(_("happened at"), null=True, blank=True)
    failure = models.CharField(_("why not paid"), max_length=24, blank=True, db_default="", default="")
    body_hash = models.CharField(_("digest"), max_length=64)
    received_at = models.DateTimeField(_("received at"), db_default=Now(), editable=False)
    latest_at = models.DateTimeField(_("latest delivery"), db_default=Now(), editable=False)
    deliveries = models.PositiveIntegerField(_("deliveries"), db_default=1, default=1)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, db_default=Outcome.NEW, default=Outcome.NEW)
    error = models.CharField(_("error"), max_length=60, blank=True, db_default="", default="")

    class Meta:
        verbose_name = _("provider's message")
        verbose_name_plural = _("provider's messages")
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="repayments_callback_once"),
        ]
        indexes = [models.Index(fields=["checkout_token"], name="repayments_callback_checkout")]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"


class Chargeback(models.Model):
    """
    A payment that the payer's bank or the provider took back, whole or in part.

    :ivar rest_payment: what was left of it, booked again, where only a part was taken.
    :ivar won_payment: the money of a chargeback that was decided for us, booked again; None until then.
    """

    class Kind(models.TextChoices):
        CHARGEBACK = "CHARGEBACK", _("Chargeback")
        REFUND = "REFUND", _("Refund at the provider")

    class Source(models.TextChoices):
        PROVIDER = "PROVIDER", _("Payment provider")
        STAFF = "STAFF", _("Staff")

    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, related_name="chargeback", verbose_name=_("payment")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CHARGEBACK)
    source = models.CharField(_("told by"), max_length=8, choices=Source)
    charged_back_on = models.DateField(_("taken back on"))
    amount_minor = models.BigIntegerField(_("amount"))
    reason = models.TextField(_("reason"))
    actor = models.TextField(_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now(), editable=False)
    provider_reference = models.CharField(
        _("provider's reference"), max_length=120, blank=True, db_default="", default=""
    )
    rest_payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("payment kept")
    )
    won_on = models.DateField(_("won back on"), null=True, blank=True)
    won_payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("payment won back")
    )

    class Meta:
        verbose_name = _("chargeback")
        verbose_name_plural = _("chargebacks")

    def __str__(self) -> str:
        return f"{self.payment_id} {self.charged_back_on}"
