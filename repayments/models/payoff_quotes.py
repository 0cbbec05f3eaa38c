"""What ends a loan early, as it was offered and accepted."""

import uuid
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Viewer
from loans.models import Loan
from repayments.models.checkouts import Checkout
from repayments.models.payments import Payment


class PayoffQuoteQuerySet(models.QuerySet["PayoffQuote"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the quotes of the loans that this person may see."""
        return self.filter(loan__in=Loan.objects.visible_to(user))

    def open(self) -> Self:
        return self.filter(status__in=[PayoffQuote.Status.OFFERED, PayoffQuote.Status.ACCEPTED])


class PayoffQuote(models.Model):
    """
    The amount that ends a loan on any day up to `valid_to`; amounts in minor units.

    The parts are those of `pays_on`, the day in the quote's time on which the payoff is highest, so the total suffices
    on every day of it. `days` holds the payoff of each day, part by part: on an earlier day less is owed and less is
    to be paid.

    :ivar latest_event: id of the loan's newest event that the figures know of.
    :ivar closed_reason: of a void quote the kind of the event that changed the loan.
    :ivar closed_note: of a void quote the day of that event, of a withdrawn one what staff wrote.
    """

    class Status(models.TextChoices):
        OFFERED = "OFFERED", _("Offered")
        ACCEPTED = "ACCEPTED", _("Accepted")
        USED = "USED", _("Paid")
        EXPIRED = "EXPIRED", _("Expired")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        SUPERSEDED = "SUPERSEDED", _("Replaced by a newer quote")
        VOID = "VOID", _("Void: the loan changed")

    token = models.UUIDField(_("token"), unique=True, default=uuid.uuid4, editable=False)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="payoff_quotes", verbose_name=_("loan"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OFFERED)
    quoted_on = models.DateField(_("quoted on"))
    pays_on = models.DateField(_("computed for"))
    valid_to = models.DateField(_("valid to"))
    principal_minor = models.BigIntegerField(_("principal"))
    interest_minor = models.BigIntegerField(_("interest"))
    fee_minor = models.BigIntegerField(_("fee"))
    penalty_minor = models.BigIntegerField(_("penalty"))
    prepayment_fee_minor = models.BigIntegerField(_("prepayment fee"))
    rebate_minor = models.BigIntegerField(_("rebate"))
    credit_minor = models.BigIntegerField(_("credit"))
    total_minor = models.BigIntegerField(_("total"))
    days = models.JSONField(_("payoff of each day"))
    latest_event = models.BigIntegerField(_("newest event known"))
    closed_reason = models.CharField(_("why it no longer holds"), max_length=40, blank=True, default="")
    closed_note = models.TextField(_("note"), blank=True, default="")
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    actor = models.TextField(_("actor"))
    accepted_by = models.TextField(_("accepted by"), blank=True, default="")
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="payoff_quote", verbose_name=_("payment")
    )

    objects = PayoffQuoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("payoff quote")
        verbose_name_plural = _("payoff quotes")
        ordering = ["-id"]
        permissions = [
            ("offer_payoffquote", "Can offer and accept payoff quotes"),
            ("withdraw_payoffquote", "Can withdraw payoff quotes"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["loan"], condition=Q(status="ACCEPTED"), name="repayments_payoff_quote_accepted_once"
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gt=0, pays_on__gte=F("quoted_on"), valid_to__gte=F("pays_on")),
                name="repayments_payoff_quote_lies_in_its_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["valid_to"],
                condition=Q(status__in=["OFFERED", "ACCEPTED"]),
                name="repayments_payoff_quote_open",
            )
        ]

    def __str__(self) -> str:
        return str(self.token)

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.OFFERED, self.Status.ACCEPTED)

    def day(self, on: date) -> dict[str, Any] | None:
        """Return the parts and `total` of one day of the quote, None outside its time."""
        return next((day for day in self.days if day["on"] == on.isoformat()), None)


class PayoffCheckout(models.Model):
    """
    A visit to the payment provider that pays a loan off.

    :ivar value_on: the day for which its amount was computed; the money counts on this day if it is confirmed in time.
    """

    checkout = models.OneToOneField(
        Checkout, on_delete=models.PROTECT, primary_key=True, related_name="payoff", verbose_name=_("checkout")
    )
    quote = models.ForeignKey(
        PayoffQuote, on_delete=models.PROTECT, related_name="checkouts", verbose_name=_("payoff quote")
    )
    value_on = models.DateField(_("counts on"))

    class Meta:
        verbose_name = _("payoff checkout")
        verbose_name_plural = _("payoff checkouts")

    def __str__(self) -> str:
        return f"{self.quote_id} {self.value_on}"
