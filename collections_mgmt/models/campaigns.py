"""
Relief that is offered to many: to whom early warning noticed, night by night, or to a list that a disaster hit, once.

Either way each borrower gets an offer, which they accept or leave; nothing is booked for anybody without their code.
"""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.asked import new_reference
from collections_mgmt.models.early_warning import WarningLead
from collections_mgmt.models.relief import OfferSet
from dashu.users.models import Borrower, User, Viewer
from loans.models import Loan

STEER_CAMPAIGNS = "collections_mgmt.steer_reliefcampaign"


def new_campaign_reference() -> str:
    return new_reference("C")


class CampaignQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self if user.has_perm("collections_mgmt.view_reliefcampaign") else self.none()


class ReliefCampaign(models.Model):
    """
    :ivar kind: PROACTIVE takes up early warnings each night; DISASTER is a list of loans, all with one relief.
    :ivar audience: whom it is for, plain JSON: lists of codes by "triggers", "regions", "sectors", "products", and
        "strong" for strong triggers only. An empty list leaves nobody out.
    :ivar relief: of a DISASTER, as `RestructuringOffer.relief` keeps it; None: what the engine finds for each.
    :ivar holdout_bps: the share of those who could be offered something that is offered nothing, to compare.
    :ivar per_day: people that are taken up in a night, those held out among them.
    :ivar quiet_days: who was offered relief within them is left in peace.
    """

    class Kind(models.TextChoices):
        PROACTIVE = "PROACTIVE", _("Campaign on early warnings")
        DISASTER = "DISASTER", _("Disaster list")

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        RUNNING = "RUNNING", _("Running")
        PAUSED = "PAUSED", _("Paused")
        DONE = "DONE", _("Done")
        STOPPED = "STOPPED", _("Stopped")

    ENDED = (Status.DONE, Status.STOPPED)

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_campaign_reference)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    status = models.CharField(_("status"), max_length=8, choices=Status, db_default="DRAFT", default=Status.DRAFT)
    audience = models.JSONField(_("for whom"), db_default={}, default=dict)
    relief = models.JSONField(_("relief"), null=True, blank=True)
    holdout_bps = models.PositiveSmallIntegerField(_("left out to compare"), db_default=0, default=0)
    per_day = models.PositiveIntegerField(_("people a night"), db_default=0, default=0)
    quiet_days = models.PositiveSmallIntegerField(_("days of peace after an offer"), db_default=0, default=0)
    first_on = models.DateField(_("first day"))
    last_on = models.DateField(_("last day"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"))
    started_on = models.DateField(_("started on"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, db_default="", default="")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign of relief")
        verbose_name_plural = _("campaigns of relief")
        permissions = [("steer_reliefcampaign", "Can write, pause and stop campaigns of relief")]
        indexes = [models.Index(fields=["id"], condition=Q(status="RUNNING"), name="collections_campaigns_run")]
        constraints = [
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="collections_campaign_days_agree"),
            models.CheckConstraint(condition=Q(holdout_bps__lte=10_000), name="collections_campaign_holdout"),
            models.CheckConstraint(
                condition=Q(kind="DISASTER", relief__isnull=False, holdout_bps=0)
                | Q(kind="PROACTIVE", relief__isnull=True, per_day__gte=1),
                name="collections_campaign_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["DONE", "STOPPED"], ended_on__isnull=False)
                | (~Q(status__in=["DONE", "STOPPED"]) & Q(ended_on=None)),
                name="collections_campaign_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.reference})"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_disaster(self) -> bool:
        return self.kind == self.Kind.DISASTER


class CampaignMember(models.Model):
    """
    What a campaign did about somebody, once: of a campaign on early warnings a person, of a disaster list a loan.

    :ivar loan: None of a campaign on early warnings; the offer says which loan it is about.
    :ivar code: why nothing was offered: the code of the refusal. Of a loan of a list that fits, "deep" where it gives
        up more than a supervisor may approve.
    :ivar given_up_minor: of a loan of a list, on the day it was looked at; once it is offered, on that day.
    """

    class State(models.TextChoices):
        LISTED = "LISTED", _("To be looked at")
        FITS = "FITS", _("Fits, to be offered")
        OFFERED = "OFFERED", _("Offered")
        HELD_OUT = "HELD_OUT", _("In the comparison group")
        NOT_OFFERED = "NOT_OFFERED", _("Not offered")

    campaign = models.ForeignKey(
        ReliefCampaign, on_delete=models.PROTECT, related_name="members", db_index=False, verbose_name=_("campaign")
    )
    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="relief_campaigns", verbose_name=_("borrower")
    )
    loan = models.ForeignKey(
        Loan,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="relief_campaigns",
        db_index=False,
        verbose_name=_("loan"),
    )
    state = models.CharField(_("state"), max_length=12, choices=State)
    on = models.DateField(_("on"))
    code = models.CharField(_("because"), max_length=40, blank=True, db_default="", default="")
    given_up_minor = models.BigIntegerField(_("given up"), db_default=0, default=0)
    offer_set = models.ForeignKey(
        OfferSet,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaign_members",
        verbose_name=_("offer of relief"),
    )
    lead = models.ForeignKey(
        WarningLead,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaign_members",
        db_index=False,
        verbose_name=_("early warning"),
    )

    class Meta:
        verbose_name = _("person of a campaign")
        verbose_name_plural = _("people of campaigns")
        indexes = [models.Index(fields=["campaign", "state", "id"], name="collections_member_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "borrower", "loan"], nulls_distinct=False, name="collections_member_once"
            ),
            models.CheckConstraint(
                condition=Q(state="OFFERED", offer_set__isnull=False) | (~Q(state="OFFERED") & Q(offer_set=None)),
                name="collections_member_has_the_offer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.borrower_id}"
