"""Relief that is offered to a borrower before or after they fall behind, and the plans that come of it."""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.asked import HardshipRequest, new_reference
from collections_mgmt.models.book import Hold
from collections_mgmt.models.desk import of_files_seen
from dashu.users.models import Borrower, Viewer
from loans.models import Loan
from loans.models.codes import OneTimeCode
from repayments.models import IssuedDocument


def new_budget_reference() -> str:
    return new_reference("B")


def new_offer_reference() -> str:
    return new_reference("O")


def new_plan_reference() -> str:
    return new_reference("R")


class OfBorrowerQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """A borrower sees their own, who works on files those of the files they see, other staff all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return of_files_seen(self, user, borrower="borrower") if user.is_staff else self.filter(borrower__user=user)


class Budget(models.Model):
    """
    What a borrower has and needs a month, as they stated it step by step. A newer one takes the place of an older one.

    :ivar income: net, by code, in minor units; `verified` names the codes that a paper or a consent confirmed.
    :ivar expenses, debts: by code, in minor units. :ivar words: what was said where an amount is unusual, by code.
    :ivar income_later_minor, income_later_from: that is expected again, and from when on; both or none.
    :ivar payday: the day of the month on which the income comes.
    :ivar lump_sum_minor: that could be paid at once, such as with somebody's help.
    :ivar surplus_minor: what is left of a month before anything of ours, as `figures` comes to it; may be negative.
    """

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_budget_reference)
    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="budgets", db_index=False, verbose_name=_("borrower")
    )
    made_at = models.DateTimeField(_("stated at"))
    currency = models.CharField(_("currency"), max_length=3)
    household = models.PositiveSmallIntegerField(_("people in the household"), db_default=1, default=1)
    income = models.JSONField(_("income"), db_default={}, default=dict)
    verified = models.JSONField(_("confirmed by papers"), db_default=[], default=list)
    expenses = models.JSONField(_("expenses"), db_default={}, default=dict)
    debts = models.JSONField(_("payments on other debts"), db_default={}, default=dict)
    words = models.JSONField(_("in their words"), db_default={}, default=dict)
    cause = models.CharField(_("cause"), max_length=12, choices=HardshipRequest.Cause)
    lasts = models.CharField(
        _("may last"), max_length=10, choices=HardshipRequest.Lasts, db_default="UNKNOWN", default="UNKNOWN"
    )
    income_later_minor = models.BigIntegerField(_("income expected later"), null=True, blank=True)
    income_later_from = models.DateField(_("expected from"), null=True, blank=True)
    payday = models.PositiveSmallIntegerField(_("day of the income"), null=True, blank=True)
    lump_sum_minor = models.BigIntegerField(_("can be paid at once"), null=True, blank=True)
    surplus_minor = models.BigIntegerField(_("left of a month"))
    figures = models.JSONField(_("what follows"), db_default={}, default=dict)
    actor = models.TextField(_("noted by"))

    objects = OfBorrowerQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget of a borrower")
        verbose_name_plural = _("budgets of borrowers")
        indexes = [models.Index(fields=["borrower", "-id"], name="collections_budget_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(household__gte=1), name="collections_budget_of_somebody"),
            models.CheckConstraint(
                condition=Q(income_later_minor=None, income_later_from=None)
                | Q(income_later_minor__isnull=False, income_later_from__isnull=False),
                name="collections_budget_later_income_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(payday=None) | Q(payday__range=(1, 31)), name="collections_budget_payday"
            ),
            models.CheckConstraint(
                condition=Q(lump_sum_minor=None) | Q(lump_sum_minor__gt=0), name="collections_budget_lump_sum"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class OfferSet(models.Model):
    """
    What was offered to a borrower at one moment: at most three ways, side by side, of which one can be taken.

    While it is open, a hold leaves the borrower in peace on each of its loans; only not where they ask again and again.

    :ivar last_day: on which one of them can still be accepted.
    :ivar facts: what the engine was given, plain JSON; `"outside": true` where a person offered beyond its limits.
    :ivar not_offered: `{"method", "code", "values"}` for each method that is none of the offers.
    :ivar quoted_on: the day that the figures of its offers are of; they are quoted anew when a borrower looks later.
    :ivar after_events: what they were quoted from: the newest event of each loan and of the borrower's other ones, by
        its id as text, and by "month" the budget that the borrower stated last.
    :ivar reminded_at: when the borrower was reminded that it ends soon.
    """

    class Source(models.TextChoices):
        EARLY_WARNING = "EARLY_WARNING", _("Early warning")
        ASKED = "ASKED", _("Asked for by the borrower")
        STAFF = "STAFF", _("A member of staff")
        CAMPAIGN = "CAMPAIGN", _("Campaign")
        DISASTER = "DISASTER", _("Disaster list")

    class Status(models.TextChoices):
        OPEN = "OPEN", _("Waiting for the borrower")
        ACCEPTED = "ACCEPTED", _("Accepted")
        DECLINED = "DECLINED", _("Declined")
        EXPIRED = "EXPIRED", _("Not accepted in time")
        TAKEN_BACK = "TAKEN_BACK", _("Taken back by us")

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_offer_reference)
    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="offer_sets", db_index=False, verbose_name=_("borrower")
    )
    budget = models.ForeignKey(
        Budget, on_delete=models.PROTECT, null=True, blank=True, related_name="offer_sets", verbose_name=_("budget")
    )
    request = models.ForeignKey(
        HardshipRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="offer_sets",
        verbose_name=_("request for help"),
    )
    source = models.CharField(_("source"), max_length=14, choices=Source)
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="OPEN", default=Status.OPEN)
    cause = models.CharField(_("cause"), max_length=12, choices=HardshipRequest.Cause, blank=True, default="")
    made_at = models.DateTimeField(_("offered at"))
    made_on = models.DateField(_("offered on"))
    last_day = models.DateField(_("last day"))
    quoted_on = models.DateField(_("figures of"))
    after_events = models.JSONField(editable=False, db_default={}, default=dict)
    facts = models.JSONField(_("facts"), db_default={}, default=dict)
    not_offered = models.JSONField(_("not offered"), db_default=[], default=list)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    end_reason = models.TextField(_("why it ended"), blank=True, db_default="", default="")
    actor = models.TextField(_("offered by"))

    objects = OfBorrowerQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer of relief")
        verbose_name_plural = _("offers of relief")
        permissions = [("make_offerset", "Can offer relief"), ("decide_offerset", "Can offer relief outside limits")]
        indexes = [
            models.Index(fields=["borrower", "-id"], name="collections_offers_by_owner"),
            models.Index(fields=["last_day", "id"], condition=Q(status="OPEN"), name="collections_offers_open"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("made_on")), name="collections_offers_last_a_day"),
            models.CheckConstraint(
                condition=Q(status="OPEN", ended_on=None) | (~Q(status="OPEN") & Q(ended_on__isnull=False)),
                name="collections_offers_end_once",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def leaves_in_peace(self) -> bool:
        """Whether a hold keeps reminders and penalty away from each of its loans while it is open."""
        return not self.loans.filter(hold=None).exists()

    @property
    def is_outside(self) -> bool:
        """Whether a person offered it where the lender's own limits gave way."""
        return bool(self.facts.get("outside"))

    @property
    def is_of_engine(self) -> bool:
        """Whether the engine alone decides what becomes of it, so that the borrower can move it by themselves."""
        return bool(self.facts) and not self.is_outside


class OfferLoan(models.Model):
    """
    A loan that a set of offers is about. One set is open for a loan at a time.

    :ivar hold: which leaves the borrower in peace while they decide; None where earlier offers took the days of it.
    :ivar is_open: as the set is; kept here so that the database can refuse a second one.
    """

    offer_set = models.ForeignKey(
        OfferSet, on_delete=models.PROTECT, related_name="loans", db_index=False, verbose_name=_("offer of relief")
    )
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="offers_of_relief", verbose_name=_("loan"))
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="offers", verbose_name=_("hold")
    )
    is_open = models.BooleanField(_("open"), db_default=True, default=True)

    class Meta:
        verbose_name = _("loan of an offer of relief")
        verbose_name_plural = _("loans of offers of relief")
        constraints = [
            models.UniqueConstraint(fields=["offer_set", "loan"], name="collections_offer_loan_once"),
            models.UniqueConstraint(fields=["loan"], condition=Q(is_open=True), name="collections_one_open_offer"),
        ]

    def __str__(self) -> str:
        return f"{self.offer_set_id}: {self.loan_id}"


class OfferOfLoanQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return of_files_seen(self.filter(loan__in=Loan.objects.visible_to(user)), user)


class RestructuringOffer(models.Model):
    """
    One of the ways of a set, or one that the borrower made of it by moving the sliders.

    :ivar relief: the method and its values, as `dashu.finance.relief` has them. :ivar acts: what is booked for it,
        `{"kind", "amount", "data"}` each. :ivar figures: what it means, by name. :ivar rows: the schedule that it
        leads to, `[number, due_on, principal, interest, fee]` each, as it would be in force.
    :ivar digest: of what is signed: terms, figures and schedule of one day.
    :ivar sheet_opened_at: when the borrower opened what it costs and changes, as `sheet_digest` has it.
    """

    class Status(models.TextChoices):
        OFFERED = "OFFERED", _("Offered")
        ACCEPTED = "ACCEPTED", _("Accepted")
        LAPSED = "LAPSED", _("Not chosen")

    offer_set = models.ForeignKey(
        OfferSet, on_delete=models.PROTECT, related_name="offers", db_index=False, verbose_name=_("offer of relief")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="relief_offers", verbose_name=_("loan"))
    method = models.CharField(_("method"), max_length=20)
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="OFFERED", default=Status.OFFERED)
    relief = models.JSONField(_("terms"))
    acts = models.JSONField(_("what is booked"))
    figures = models.JSONField(_("figures"), db_default={}, default=dict)
    rows = models.JSONField(_("schedule"), db_default=[], default=list)
    digest = models.CharField(_("digest"), max_length=64)
    sheet_opened_at = models.DateTimeField(_("cost sheet opened at"), null=True, blank=True)
    sheet_digest = models.CharField(
        _("digest of the opened cost sheet"), max_length=64, blank=True, db_default="", default=""
    )
    is_recommended = models.BooleanField(_("recommended"), db_default=False, default=False)
    reason = models.CharField(_("why it is recommended"), max_length=40, blank=True, db_default="", default="")
    is_own = models.BooleanField(_("chosen by the borrower"), db_default=False, default=False)

    objects = OfferOfLoanQuerySet.as_manager()

    class Meta:
        verbose_name = _("way of an offer of relief")
        verbose_name_plural = _("ways of offers of relief")
        ordering = ["offer_set", "number"]
        constraints = [
            models.UniqueConstraint(fields=["offer_set", "number"], name="collections_relief_offer_number_once"),
            models.UniqueConstraint(
                fields=["offer_set"], condition=Q(status="ACCEPTED"), name="collections_one_accepted_offer"
            ),
            models.UniqueConstraint(
                fields=["offer_set"], condition=Q(is_recommended=True), name="collections_one_recommended_offer"
            ),
            models.UniqueConstraint(fields=["offer_set"], condition=Q(is_own=True), name="collections_one_own_offer"),
        ]

    def __str__(self) -> str:
        return f"{self.offer_set_id} #{self.number}"


class OfferCode(OneTimeCode):
    """
    A one-time code by which a borrower accepts an offer, sent to their phone.

    :ivar digest: of the offer as it was when the code was asked for; if it moves, another code is needed.
    """

    PURPOSE = "collections.offer_code"

    offer = models.ForeignKey(
        RestructuringOffer, on_delete=models.PROTECT, related_name="codes", verbose_name=_("way of an offer of relief")
    )
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("code to accept an offer")
        verbose_name_plural = _("codes to accept offers")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(sealed_code__isnull=False), name="collections_code_to_forget"
            )
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.made_at:%Y-%m-%d %H:%M}"


class RestructuringPlan(models.Model):
    """
    An offer that was accepted: the loan goes on as it says, and the night follows it.

    ACCEPTED until the first payment or the end of the days in which it can be taken back, then ACTIVE. A missed
    installment breaks it; paid within the days of cure it is CURED and goes on, else it has ENDED. Another due day is a
    plan of its own, without a flag; it runs beside the one that changed what is owed.

    :ivar events: ids of the loan's events by which it was booked, in their order.
    :ivar taken_over: ids of the events of plans whose place it took; what they gave up, it answers for.
    :ivar after_event: the loan's newest event once it was booked; money that comes later binds both sides.
    :ivar withdraw_until: the last day on which the borrower can take it back.
    :ivar first_due_on, last_due_on: of the schedule that it led to.
    :ivar broken_on, cure_until: of the latest break. :ivar breaks: how often it was broken. :ivar breaks_on: each day.
    :ivar replaced_as: how it stood when another plan took its place, to which it comes back if that one is taken back.
    :ivar is_to_revert: it has ended, and what it gave up is not owed again yet.
    :ivar flag: RESTRUCTURED, or RESTRUCTURED_AGAIN where the loan was observed already; see `classification.floors`.
    :ivar tier_floor, stage_floor: the best class and stage that the loan can have while it is observed.
    :ivar is_observed: from acceptance to the end of the observation, whatever became of the plan meanwhile.
    :ivar observed_from, observed_until: the observation, which a miss begins anew; `observation_ended_on` when it
        really ended.
    :ivar forborne_until: the last day on which the loan counts as forborne: observation, then probation.
    :ivar credit_event: the code of the special event in the credit record; empty for none.
    """

    class Status(models.TextChoices):
        ACCEPTED = "ACCEPTED", _("Accepted")
        ACTIVE = "ACTIVE", _("Running")
        BROKEN = "BROKEN", _("A payment is missing")
        CURED = "CURED", _("Running again")
        COMPLETED = "COMPLETED", _("Completed")
        ENDED = "ENDED", _("Broken")
        REPLACED = "REPLACED", _("Replaced by another plan")
        WITHDRAWN = "WITHDRAWN", _("Taken back by the borrower")

    RUNNING = (Status.ACCEPTED, Status.ACTIVE, Status.BROKEN, Status.CURED)

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_plan_reference)
    offer = models.OneToOneField(
        RestructuringOffer, on_delete=models.PROTECT, related_name="plan", verbose_name=_("way of an offer of relief")
    )
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="relief_plans", verbose_name=_("loan"))
    method = models.CharField(_("method"), max_length=20)
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="ACCEPTED", default="ACCEPTED")
    accepted_at = models.DateTimeField(_("accepted at"))
    accepted_on = models.DateField(_("accepted on"))
    withdraw_until = models.DateField(_("can be taken back until"))
    events = models.JSONField(_("booked as"), db_default=[], default=list)
    taken_over = models.JSONField(_("booked by plans before it"), db_default=[], default=list)
    after_event = models.BigIntegerField(editable=False)
    first_due_on = models.DateField(_("first new due date"))
    last_due_on = models.DateField(_("last due date"))
    broken_on = models.DateField(_("broken on"), null=True, blank=True)
    cure_until = models.DateField(_("can be made good until"), null=True, blank=True)
    breaks = models.PositiveSmallIntegerField(_("times broken"), db_default=0, default=0)
    breaks_on = ArrayField(models.DateField(), verbose_name=_("broken on each of"), default=list, db_default=[])
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    end_reason = models.TextField(_("why it ended"), blank=True, db_default="", default="")
    replaced_as = models.CharField(
        _("stood when it was replaced"), max_length=10, choices=Status, blank=True, db_default="", default=""
    )
    is_to_revert = models.BooleanField(_("what was given up is to be owed again"), db_default=False, default=False)
    flag = models.CharField(_("flag"), max_length=20)
    tier_floor = models.CharField(_("best class"), max_length=20, blank=True, default="")
    stage_floor = models.CharField(_("best stage"), max_length=4, blank=True, default="")
    is_observed = models.BooleanField(_("observed"), db_default=True, default=True)
    observed_from = models.DateField(_("observed from"))
    observed_until = models.DateField(_("observed until"))
    observation_ended_on = models.DateField(_("observation ended on"), null=True, blank=True)
    forborne_until = models.DateField(_("forborne until"))
    credit_event = models.CharField(_("special event"), max_length=4, blank=True, default="")
    language = models.CharField(_("language"), max_length=10)
    evidence = models.JSONField(_("evidence"))
    evidence_digest = models.CharField(_("digest of the evidence"), max_length=64)
    amendment = models.ForeignKey(
        IssuedDocument,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("amendment of the contract"),
    )
    certificate = models.ForeignKey(
        IssuedDocument,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("certificate"),
    )

    objects = OfferOfLoanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan of relief")
        verbose_name_plural = _("plans of relief")
        permissions = [("withdraw_restructuringplan", "Can take a plan of relief back for its borrower")]
        constraints = [
            models.UniqueConstraint(
                fields=["loan"],
                condition=Q(status__in=["ACCEPTED", "ACTIVE", "BROKEN", "CURED"]) & ~Q(flag=""),
                name="collections_one_running_plan",
            ),
            models.UniqueConstraint(
                fields=["loan"],
                condition=Q(status__in=["ACCEPTED", "ACTIVE", "BROKEN", "CURED"]) & Q(flag=""),
                name="collections_one_running_due_day",
            ),
            models.UniqueConstraint(fields=["loan"], condition=Q(is_observed=True), name="collections_one_observed"),
            models.CheckConstraint(
                condition=Q(is_observed=True, observation_ended_on=None)
                | Q(is_observed=False, observation_ended_on__isnull=False),
                name="collections_observation_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["ACCEPTED", "ACTIVE", "BROKEN", "CURED"], ended_on=None)
                | (~Q(status__in=["ACCEPTED", "ACTIVE", "BROKEN", "CURED"]) & Q(ended_on__isnull=False)),
                name="collections_plan_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(status="BROKEN") | Q(broken_on__isnull=False, cure_until__isnull=False),
                name="collections_broken_plan_can_be_cured",
            ),
        ]
        indexes = [
            models.Index(fields=["accepted_on", "loan"], name="collections_plan_by_day"),
            models.Index(
                fields=["id"],
                condition=Q(status="COMPLETED", certificate=None),
                name="collections_plan_to_certify",
            ),
            models.Index(fields=["id"], condition=Q(is_to_revert=True), name="collections_plan_to_revert"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_running(self) -> bool:
        return self.status in self.RUNNING
