"""Standing consents to collect what falls due, and each request that was made on them."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Viewer
from loans.models import Loan
from repayments.models.checkouts import Checkout


class AutopayMandateQuerySet(models.QuerySet["AutopayMandate"]):
    def visible_to(self, user: Viewer) -> Self:
        """Return the mandates on the loans that this person may see."""
        return self.filter(loan__in=Loan.objects.visible_to(user))


class AutopayMandate(models.Model):
    """
    A borrower's consent that what a loan asks for is collected from their account, on a day they set.

    The words they agreed to are kept with their version and moment. One mandate of a loan is in use at a time.

    :ivar timing_number: the day of the month of MONTH_DAY, the days of DAYS_BEFORE; None with DUE_DATE.
    :ivar day_chosen_on: since when the timing holds; what it left no time to announce is collected on the due date.
    :ivar held_through: nothing is asked for up to and including this day, because the loan is on hold.
    :ivar ended_because: a `Failure` of the provider when that ended it, else empty.
    """

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", _("In use")
        PAUSED = "PAUSED", _("Paused")
        CANCELLED = "CANCELLED", _("Ended")

    class Timing(models.TextChoices):
        DUE_DATE = "DUE_DATE", _("On the due date")
        DAYS_BEFORE = "DAYS_BEFORE", _("Some days before the due date")
        MONTH_DAY = "MONTH_DAY", _("On a day of the month")

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="mandates", verbose_name=_("loan"))
    provider = models.CharField(_("provider"), max_length=16)
    account_token = models.CharField(_("provider's token of the account"), max_length=120)
    account_label = models.CharField(_("account"), max_length=40)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    timing = models.CharField(_("collection day"), max_length=12, choices=Timing, default=Timing.DUE_DATE)
    timing_number = models.PositiveSmallIntegerField(_("day or days"), null=True, blank=True)
    day_chosen_on = models.DateField(_("collection day chosen on"))
    consent_version = models.CharField(_("version of the consent"), max_length=20)
    consent_text = models.TextField(_("words of the consent"))
    consented_at = models.DateTimeField(_("agreed at"))
    consented_by = models.TextField(_("agreed by"))
    held_through = models.DateField(_("on hold through"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_because = models.CharField(_("ended because"), max_length=24, blank=True, default="")

    objects = AutopayMandateQuerySet.as_manager()

    class Meta:
        verbose_name = _("autopay")
        verbose_name_plural = _("autopay")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["loan"], condition=~Q(status="CANCELLED"), name="repayments_mandate_one_in_use"
            ),
            models.CheckConstraint(
                condition=Q(timing="DUE_DATE", timing_number__isnull=True)
                | Q(timing="DAYS_BEFORE", timing_number__range=(1, 15))
                | Q(timing="MONTH_DAY", timing_number__range=(1, 28)),
                name="repayments_mandate_day_is_possible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.account_label}"


class AutopayAttempt(models.Model):
    """
    One request to the provider for one due date. The amount is fixed at the moment of the request.

    :ivar token: sent as the idempotency key, and the token of the checkout that the request becomes.
    """

    class Status(models.TextChoices):
        PLANNED = "PLANNED", _("Planned")
        SENT = "SENT", _("Asked for")
        PAID = "PAID", _("Collected")
        FAILED = "FAILED", _("Not collected")
        SKIPPED = "SKIPPED", _("Not needed")

    mandate = models.ForeignKey(
        AutopayMandate, on_delete=models.PROTECT, related_name="attempts", verbose_name=_("autopay")
    )
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("loan"))
    due_on = models.DateField(_("due on"))
    try_number = models.PositiveSmallIntegerField(_("try"))
    scheduled_on = models.DateField(_("scheduled on"))
    status = models.CharField(_("status"), max_length=8, choices=Status, db_default=Status.PLANNED)
    token = models.UUIDField(_("provider reference"), unique=True)
    amount_minor = models.BigIntegerField(_("amount"), null=True, blank=True)
    sent_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    failure = models.CharField(_("why not collected"), max_length=24, blank=True, db_default="", default="")
    checkout = models.OneToOneField(
        Checkout, on_delete=models.PROTECT, null=True, blank=True, related_name="attempt", verbose_name=_("checkout")
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("autopay collection")
        verbose_name_plural = _("autopay collections")
        ordering = ["-pk"]
        constraints = [
            # Nothing is collected twice: one request for each try, and one under way for each loan.
            models.UniqueConstraint(fields=["loan", "due_on", "try_number"], name="repayments_attempt_once"),
            models.UniqueConstraint(
                fields=["loan"], condition=Q(status="SENT"), name="repayments_attempt_one_under_way"
            ),
        ]
        indexes = [
            models.Index(
                fields=["scheduled_on", "id"], condition=Q(status="PLANNED"), name="repayments_attempt_waiting"
            ),
            models.Index(
                fields=["scheduled_on", "loan"], condition=Q(status="FAILED"), name="repayments_attempt_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.due_on} #{self.try_number}"
