"""
Early warning: what was noticed of a borrower, the lead that it makes, and what it is noticed from.

A trigger and a lead are written only on a night on which something changed. Both keep the numbers they came from, so
that they can be explained to the borrower in a sentence; see `collections_mgmt.warning_words`.
"""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.asked import HardshipRequest
from dashu.policy.early_warning import SERIES
from dashu.policy.early_warning import Trigger as TriggerCode
from dashu.users.models import Borrower, User, Viewer
from loans.models import Loan

STEER_LEADS = "collections_mgmt.steer_warninglead"


class WarningQuerySet(models.QuerySet[Any]):
    """Rows about borrowers that only staff of the desk see."""

    def visible_to(self, user: Viewer) -> Self:
        permission = f"collections_mgmt.view_{self.model._meta.model_name}"
        if not user.is_authenticated or not user.is_active or not user.has_perm(permission):
            return self.none()
        return self


class WarningLead(models.Model):
    """
    A borrower of whom enough was noticed that help should be offered before they fall behind. One is open at a time.

    :ivar quiet_until: after "not now", no lead is opened up to this day unless something strong is new.
    :ivar offered_on, held_out_on: kept when the lead is closed, so that what came of it can be counted.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", _("To be looked at")
        OFFERED = "OFFERED", _("Help was offered")
        HELD_OUT = "HELD_OUT", _("In the comparison group")
        CLOSED = "CLOSED", _("Closed")

    class Ending(models.TextChoices):
        OVER = "OVER", _("What was noticed no longer holds")
        PAID = "PAID", _("No loan is running any more")
        BEHIND = "BEHIND", _("It became a case of the desk")
        NOT_NOW = "NOT_NOW", _("Not now")

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="warning_leads", db_index=False, verbose_name=_("borrower")
    )
    opened_on = models.DateField(_("opened on"))
    state = models.CharField(_("state"), max_length=10, choices=State, db_default="OPEN", default=State.OPEN)
    cause = models.CharField(
        _("cause"), max_length=12, choices=HardshipRequest.Cause, blank=True, db_default="", default=""
    )
    offered_on = models.DateField(_("offered on"), null=True, blank=True)
    held_out_on = models.DateField(_("left alone for comparison since"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    ending = models.CharField(
        _("why it was closed"), max_length=8, choices=Ending, blank=True, db_default="", default=""
    )
    reason = models.TextField(_("reason"), blank=True, db_default="", default="")
    quiet_until = models.DateField(_("quiet until"), null=True, blank=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("by")
    )

    objects = WarningQuerySet.as_manager()

    class Meta:
        verbose_name = _("early warning")
        verbose_name_plural = _("early warnings")
        permissions = [("steer_warninglead", "Can close early warnings and note their cause")]
        indexes = [
            models.Index(fields=["-opened_on", "-id"], name="collections_lead_by_day"),
            models.Index(fields=["borrower", "-id"], name="collections_lead_of_borrower"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower"], condition=~Q(state="CLOSED"), name="collections_one_open_lead"
            ),
            models.CheckConstraint(
                condition=Q(state="CLOSED", closed_on__gte=F("opened_on")) & ~Q(ending="")
                | ~Q(state="CLOSED") & Q(closed_on=None, ending=""),
                name="collections_lead_end_agrees",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.opened_on}"


class WarningTrigger(models.Model):
    """
    One thing that was noticed. It counts up to `ends_on`; noticed again meanwhile, it keeps its first day.

    :ivar loan: None for what is about the person.
    :ivar facts: the numbers that fired it, as plain values; amounts in minor units.
    :ivar ended_on: None while it counts.
    """

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="warning_triggers", db_index=False, verbose_name=_("borrower")
    )
    loan = models.ForeignKey(
        Loan,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="warning_triggers",
        db_index=False,
        verbose_name=_("loan"),
    )
    kind = models.CharField(_("noticed"), max_length=24, choices=[(code.value, code.value) for code in TriggerCode])
    fired_on = models.DateField(_("noticed on"))
    ends_on = models.DateField(_("counts until"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    is_strong = models.BooleanField(_("strong"))
    facts = models.JSONField(_("facts"), default=dict, db_default={})

    objects = WarningQuerySet.as_manager()

    class Meta:
        verbose_name = _("trigger of an early warning")
        verbose_name_plural = _("triggers of early warnings")
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "loan", "kind"],
                condition=Q(ended_on=None),
                nulls_distinct=False,
                name="collections_trigger_counts_once",
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("fired_on")), name="collections_trigger_days_agree"),
        ]
        indexes = [models.Index(fields=["borrower", "-id"], name="collections_trigger_of_person")]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.kind} {self.fired_on}"


class BorrowerPlace(models.Model):
    """Where a borrower earns their money, by codes of the rule `early_warning.places`; empty where unknown."""

    borrower = models.OneToOneField(
        Borrower, on_delete=models.PROTECT, primary_key=True, related_name="place", verbose_name=_("borrower")
    )
    region = models.CharField(_("region"), max_length=12, blank=True, default="", db_index=True)
    sector = models.CharField(_("sector"), max_length=12, blank=True, default="", db_index=True)
    noted_on = models.DateField(_("noted on"))
    actor = models.TextField(_("noted by"))

    class Meta:
        verbose_name = _("place of a borrower's work")
        verbose_name_plural = _("places of borrowers' work")

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.region} {self.sector}"


class IncomeObservation(models.Model):
    """
    An income that arrived on a borrower's account, told by their bank with their consent.

    :ivar noted_on: the business date that first knew of it.
    """

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="incomes", db_index=False, verbose_name=_("borrower")
    )
    credited_on = models.DateField(_("credited on"))
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    source = models.CharField(_("source"), max_length=40)
    reference = models.CharField(_("reference"), max_length=80)
    noted_on = models.DateField(_("noted on"))

    class Meta:
        verbose_name = _("income that was seen")
        verbose_name_plural = _("incomes that were seen")
        constraints = [
            models.UniqueConstraint(fields=["source", "reference"], name="collections_income_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="collections_income_is_positive"),
        ]
        indexes = [
            models.Index(fields=["borrower", "credited_on"], name="collections_income_of_person"),
            models.Index(fields=["noted_on"], name="collections_income_by_night"),
            models.Index(fields=["credited_on"], name="collections_income_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.credited_on}"


class RevenueObservation(models.Model):
    """
    What a business took in a month, told with its consent.

    :ivar month: its first day. :ivar noted_on: see `IncomeObservation`.
    """

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="revenues", db_index=False, verbose_name=_("borrower")
    )
    month = models.DateField(_("month"))
    amount_minor = models.BigIntegerField(_("revenue"))
    currency = models.CharField(_("currency"), max_length=3)
    source = models.CharField(_("source"), max_length=40)
    noted_on = models.DateField(_("noted on"))

    class Meta:
        verbose_name = _("revenue of a month")
        verbose_name_plural = _("revenues of months")
        constraints = [
            models.UniqueConstraint(fields=["borrower", "month"], name="collections_revenue_once"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0, month__day=1), name="collections_revenue_is_sound"),
        ]
        indexes = [models.Index(fields=["noted_on"], name="collections_revenue_by_night")]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.month:%Y-%m}"


class ScoreObservation(models.Model):
    """
    The points of a borrower by one scorecard on a day, written where they changed.

    :ivar behind: the months that the points are of, the newest first: how many months each ended behind.
    """

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="behavior_scores", db_index=False, verbose_name=_("borrower")
    )
    scored_on = models.DateField(_("scored on"))
    scorecard = models.CharField(_("scorecard"), max_length=60)
    points = models.IntegerField(_("points"))
    behind = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("months behind"), db_default=[], default=list
    )

    class Meta:
        verbose_name = _("behavior score")
        verbose_name_plural = _("behavior scores")
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "scorecard", "scored_on"], name="collections_behavior_score_once"
            )
        ]
        indexes = [models.Index(fields=["scored_on"], name="collections_score_by_day")]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.scored_on}: {self.points}"


class BureauWatch(models.Model):
    """
    One question to the credit bureau about a running loan's borrower, and what is kept of the answer: no names.

    :ivar request_id: the same again is the same question, so that a broken connection makes no second inquiry.
    :ivar inquiry_days: on which others asked for new credit, in the 90 days before.
    :ivar next_at: a question without an answer is not asked again before.
    """

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="bureau_watches", db_index=False, verbose_name=_("borrower")
    )
    request_id = models.UUIDField(_("enquiry"), unique=True)
    asked_at = models.DateTimeField(_("asked at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), db_default=0, default=0)
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    failure = models.CharField(_("why there is none"), max_length=60, blank=True, db_default="", default="")
    inquiry_days = ArrayField(models.DateField(), verbose_name=_("inquiries on"), db_default=[], default=list)
    worst_days = models.PositiveIntegerField(_("days past due elsewhere"), null=True, blank=True)
    overdue_lenders = models.PositiveIntegerField(_("lenders with arrears"), null=True, blank=True)

    class Meta:
        verbose_name = _("look at a credit report")
        verbose_name_plural = _("looks at credit reports")
        indexes = [
            models.Index(fields=["borrower", "-id"], name="collections_look_of_person"),
            models.Index(fields=["answered_on"], name="collections_look_by_night"),
            models.Index(fields=["next_at"], condition=Q(answered_at=None), name="collections_look_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.request_id}"


class EconomicIndicator(models.Model):
    """A series of the economy, such as unemployment in a region. :ivar region, sector: codes; empty for all."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=16, choices=[(kind, kind) for kind in SERIES])
    unit = models.CharField(_("unit"), max_length=30)
    region = models.CharField(_("region"), max_length=12, blank=True, db_default="", default="")
    sector = models.CharField(_("sector"), max_length=12, blank=True, db_default="", default="")
    source = models.CharField(_("source"), max_length=200)

    objects = WarningQuerySet.as_manager()

    class Meta:
        verbose_name = _("series of the economy")
        verbose_name_plural = _("series of the economy")
        ordering = ["code"]
        permissions = [("import_economicindicator", "Can import values of the economy")]

    def __str__(self) -> str:
        return self.name


class IndicatorValue(models.Model):
    """
    The value of a series for a date, such as the first day of a month.

    :ivar noted_on: the business date that first knew of it; a corrected value is known from the day of its correction.
    """

    pk = models.CompositePrimaryKey("indicator_id", "date")
    indicator = models.ForeignKey(
        EconomicIndicator, on_delete=models.PROTECT, related_name="values", db_index=False, verbose_name=_("series")
    )
    date = models.DateField(_("date"))
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=4)
    noted_on = models.DateField(_("noted on"), db_index=True)

    class Meta:
        verbose_name = _("value of a series")
        verbose_name_plural = _("values of series")

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.date}: {self.value}"


class ShockEntry(models.Model):
    """
    A shock that many share, such as a flood in a region; entered by one person of staff, approved by another.

    :ivar region, sector: codes; both given, it is about those to whom both apply.
    :ivar noted_on: the business date that first knew of it.
    """

    region = models.CharField(_("region"), max_length=12, blank=True, db_default="", default="")
    sector = models.CharField(_("sector"), max_length=12, blank=True, db_default="", default="")
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"))
    reason = models.TextField(_("what happened"))
    noted_on = models.DateField(_("noted on"), db_index=True)
    actor = models.TextField(_("approved by"))
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    objects = WarningQuerySet.as_manager()

    class Meta:
        verbose_name = _("shock of a region or sector")
        verbose_name_plural = _("shocks of regions and sectors")
        ordering = ["-from_on", "-id"]
        permissions = [("enter_shockentry", "Can enter and end a shock")]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__gte=F("from_on")) & ~Q(region="", sector=""), name="collections_shock_is_sound"
            )
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.sector} {self.from_on}"
