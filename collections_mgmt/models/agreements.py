"""What is agreed with a borrower who is behind: several payments as one plan, and an end for less than what is owed."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.asked import new_reference
from collections_mgmt.models.desk import of_files_seen
from dashu.users.models import Viewer
from loans.models import Loan


def new_arrangement_reference() -> str:
    return new_reference("A")


def new_settlement_reference() -> str:
    return new_reference("S")


class AgreementQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return of_files_seen(self.filter(loan__in=Loan.objects.visible_to(user)), user)

    def running(self) -> Self:
        return self.filter(status__in=self.model.RUNNING)


class Arrangement(models.Model):
    """
    Several payments that a borrower agreed to as one plan. The contract's schedule stays as it is.

    :ivar total_minor: the sum of its parts.
    :ivar paid_minor: received from the day it was made, as the latest close found it.
    :ivar is_own: the borrower made it by themselves.
    :ivar end_reason: why it was taken back; empty where the close decided.
    :ivar after_event: the loan's newest event when it was made; money that came before does not count.
    """

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", _("Running")
        KEPT = "KEPT", _("Kept")
        BROKEN = "BROKEN", _("Broken")
        CANCELLED = "CANCELLED", _("Cancelled")

    RUNNING = (Status.ACTIVE,)

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_arrangement_reference)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="arrangements", verbose_name=_("loan"))
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="ACTIVE", default=Status.ACTIVE)
    total_minor = models.BigIntegerField(_("amount"))
    paid_minor = models.BigIntegerField(_("paid"), db_default=0, default=0)
    made_on = models.DateField(_("made on"))
    after_event = models.BigIntegerField(editable=False, db_default=0, default=0)
    is_own = models.BooleanField(_("made by the borrower"), db_default=False, default=False)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, db_default="", default="")
    end_reason = models.TextField(_("why it ended"), blank=True, db_default="", default="")
    actor = models.TextField(_("noted by"))

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("arrangement")
        verbose_name_plural = _("arrangements")
        constraints = [
            models.UniqueConstraint(
                fields=["loan"], condition=Q(status="ACTIVE"), name="collections_one_running_arrangement"
            ),
            models.CheckConstraint(condition=Q(total_minor__gt=0), name="collections_arrangement_is_for_something"),
        ]

    def __str__(self) -> str:
        return self.reference


class Part(models.Model):
    """One payment of several, by its day."""

    number = models.PositiveSmallIntegerField(_("number"))
    due_on = models.DateField(_("due date"))
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta:
        abstract = True
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.due_on} {self.amount_minor}"


class ArrangementPart(Part):
    arrangement = models.ForeignKey(
        Arrangement, on_delete=models.PROTECT, related_name="parts", db_index=False, verbose_name=_("arrangement")
    )

    class Meta(Part.Meta):
        verbose_name = _("part of an arrangement")
        verbose_name_plural = _("parts of arrangements")
        constraints = [
            models.UniqueConstraint(fields=["arrangement", "number"], name="collections_arrangement_part_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="collections_arrangement_part_is_something"),
        ]


class Settlement(models.Model):
    """
    An offer to end a debt for less than what is owed, and what became of it.

    Nothing is given up before the last payment is there. Until then all of the debt stands, and it simply goes on,
    less what was paid, where a payment does not come.

    :ivar penalty_minor, fee_minor, interest_minor, principal_minor: what was owed on the day of the offer.
    :ivar total_minor: what is to be paid instead, the sum of its parts.
    :ivar paid_minor: received since it was accepted, as far as known.
    :ivar accept_by: the last day on which it can be accepted.
    :ivar waived_minor: what was given up in the end; None until it is completed.
    :ivar waivers: the ids of the loan's events by which it was given up, in the order of their booking.
    :ivar after_event: the loan's newest event on the offer; money that came before does not count.
    """

    class Status(models.TextChoices):
        OFFERED = "OFFERED", _("Offered")
        ACCEPTED = "ACCEPTED", _("Accepted")
        ACTIVE = "ACTIVE", _("Being paid")
        COMPLETED = "COMPLETED", _("Completed")
        BROKEN = "BROKEN", _("Broken")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        EXPIRED = "EXPIRED", _("Not accepted in time")

    RUNNING = (Status.ACCEPTED, Status.ACTIVE)
    OPEN = (Status.OFFERED, *RUNNING)

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_settlement_reference)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="settlements", verbose_name=_("loan"))
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="OFFERED", default=Status.OFFERED)
    penalty_minor = models.BigIntegerField(_("penalty"))
    fee_minor = models.BigIntegerField(_("fee"))
    interest_minor = models.BigIntegerField(_("interest"))
    principal_minor = models.BigIntegerField(_("principal"))
    total_minor = models.BigIntegerField(_("to be paid"))
    paid_minor = models.BigIntegerField(_("paid"), db_default=0, default=0)
    waived_minor = models.BigIntegerField(_("waived"), null=True, blank=True)
    waivers = models.JSONField(_("waivers"), db_default=models.Value([], models.JSONField()), default=list)
    after_event = models.BigIntegerField(editable=False)
    offered_on = models.DateField(_("offered on"))
    accept_by = models.DateField(_("accept by"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    is_asked_for = models.BooleanField(_("asked for by the borrower"), db_default=False, default=False)
    end_reason = models.TextField(_("why it ended"), blank=True, db_default="", default="")
    actor = models.TextField(_("offered by"))

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        permissions = [
            ("offer_settlement", "Can offer a settlement"),
            ("withdraw_settlement", "Can withdraw a settlement"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["loan"],
                condition=Q(status__in=["OFFERED", "ACCEPTED", "ACTIVE"]),
                name="collections_one_open_settlement",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_minor__gt=0,
                    total_minor__lt=F("penalty_minor") + F("fee_minor") + F("interest_minor") + F("principal_minor"),
                ),
                name="collections_settlement_is_for_less",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["OFFERED", "WITHDRAWN", "EXPIRED"]) | Q(accepted_on__isnull=False),
                name="collections_settlement_was_accepted",
            ),
            models.CheckConstraint(
                condition=~Q(status="COMPLETED") | Q(waived_minor__gte=0, paid_minor__gte=F("total_minor")),
                name="collections_settlement_is_final_when_paid",
            ),
        ]
        indexes = [
            models.Index(
                fields=["loan"],
                condition=Q(status__in=["ACCEPTED", "ACTIVE", "BROKEN"]),
                name="collections_settlement_paid",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def owed_minor(self) -> int:
        return self.penalty_minor + self.fee_minor + self.interest_minor + self.principal_minor

    @property
    def given_up_minor(self) -> int:
        """What is given up once all is paid, of what was owed on the day of the offer."""
        return self.owed_minor - self.total_minor


class SettlementPart(Part):
    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="parts", db_index=False, verbose_name=_("settlement")
    )

    class Meta(Part.Meta):
        verbose_name = _("part of a settlement")
        verbose_name_plural = _("parts of settlements")
        constraints = [
            models.UniqueConstraint(fields=["settlement", "number"], name="collections_settlement_part_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="collections_settlement_part_is_something"),
        ]
