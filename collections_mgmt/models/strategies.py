"""
Strategies: versioned tables of which steps follow for whom, which file follows which of them, and what was done.

Assigned and followed by SQL each night, see `services.strategies_sql`.
"""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.strategy import Act as StepAct
from collections_mgmt.domain.strategy import Row, Step
from collections_mgmt.models.desk import CaseFile
from dashu.users.models import Borrower, User, Viewer
from loans.models import Product

WRITE_STRATEGY = "collections_mgmt.write_strategyversion"


class Strategy(models.Model):
    """
    What is done for borrowers who are behind. It is followed once a version of it is published.

    :ivar product: the kind of product that it is for; the one without is for all others.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    product = models.CharField(
        _("for the product"), max_length=20, choices=Product.Kind, blank=True, default="", db_default="", unique=True
    )

    class Meta:
        verbose_name = _("strategy")
        verbose_name_plural = _("strategies")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class StrategyVersionQuerySet(models.QuerySet["StrategyVersion"]):
    def visible_to(self, user: Viewer) -> Self:
        """Whoever leads the desk sees all, others none."""
        may = user.is_authenticated and user.is_active and user.has_perm("collections_mgmt.view_strategyversion")
        return self if may else self.none()

    def published(self) -> Self:
        return self.filter(status="PUBLISHED")


class StrategyVersion(models.Model):
    """
    One version of a strategy. Its rows are fixed once it is submitted, which the database sees to.

    :ivar role: what it becomes, or is, when published: the champion is for everybody whom no challenger has.
    :ivar share_bps: of the borrowers, for a challenger; 10,000 for a champion.
    :ivar note: what is different, and why it should be better.
    :ivar request_id: the approval that was asked for, see `dashu.approvals`.
    :ivar end_reason: why it was taken out of use.
    """

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        SUBMITTED = "SUBMITTED", _("Waiting for approval")
        PUBLISHED = "PUBLISHED", _("In use")
        RETIRED = "RETIRED", _("No longer in use")

    class Role(models.TextChoices):
        CHAMPION = "CHAMPION", _("Champion")
        CHALLENGER = "CHALLENGER", _("Challenger")

    strategy = models.ForeignKey(
        Strategy, on_delete=models.PROTECT, related_name="versions", db_index=False, verbose_name=_("strategy")
    )
    number = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="DRAFT", default=Status.DRAFT)
    role = models.CharField(_("role"), max_length=10, choices=Role, db_default="CHAMPION", default=Role.CHAMPION)
    share_bps = models.PositiveSmallIntegerField(_("share of the borrowers"), db_default=10_000, default=10_000)
    note = models.TextField(_("what is different"), blank=True, db_default="", default="")
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("written by")
    )
    made_at = models.DateTimeField(_("written at"), db_default=Now(), editable=False)
    request_id = models.BigIntegerField(_("approval"), null=True, blank=True)
    published_at = models.DateTimeField(_("in use since"), null=True, blank=True)
    retired_at = models.DateTimeField(_("in use until"), null=True, blank=True)
    end_reason = models.TextField(_("why it ended"), blank=True, db_default="", default="")

    objects = StrategyVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a strategy")
        verbose_name_plural = _("versions of strategies")
        ordering = ["strategy", "-number"]
        permissions = [("write_strategyversion", "Can write strategies, ask to publish them and stop them")]
        constraints = [
            models.UniqueConstraint(fields=["strategy", "number"], name="collections_strategy_version_once"),
            models.UniqueConstraint(
                fields=["strategy", "role"], condition=Q(status="PUBLISHED"), name="collections_one_version_of_a_role"
            ),
            models.CheckConstraint(
                condition=Q(role="CHAMPION", share_bps=10_000) | Q(role="CHALLENGER", share_bps__range=(1, 5_000)),
                name="collections_strategy_share_fits_role",
            ),
            models.CheckConstraint(
                condition=Q(status="PUBLISHED", published_at__isnull=False, retired_at=None)
                | Q(status="RETIRED", published_at__isnull=False, retired_at__isnull=False)
                | Q(status__in=["DRAFT", "SUBMITTED"], published_at=None, retired_at=None),
                name="collections_strategy_moments_agree",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.strategy} v{self.number}"

    def table(self) -> list[Row]:
        return [row.plain() for row in self.rows.all()]


class StrategyRow(models.Model):
    """
    One row of a table; see `domain.strategy.Row`. An empty condition is open.

    :ivar steps: `[{"wait": days, "act": code, "channel": code}]`.
    """

    version = models.ForeignKey(
        StrategyVersion, on_delete=models.PROTECT, related_name="rows", db_index=False, verbose_name=_("version")
    )
    place = models.PositiveSmallIntegerField(_("place"))
    from_days = models.PositiveIntegerField(_("from days past due"), db_default=0, default=0)
    to_days = models.PositiveIntegerField(_("up to days past due"), null=True, blank=True)
    capacity = models.CharField(_("capacity"), max_length=10, blank=True, db_default="", default="")
    readiness = models.CharField(_("readiness"), max_length=10, blank=True, db_default="", default="")
    product = models.CharField(_("product"), max_length=20, blank=True, db_default="", default="")
    care = models.CharField(_("special care"), max_length=10, blank=True, db_default="", default="")
    language = models.CharField(_("language"), max_length=10, blank=True, db_default="", default="")
    level = models.PositiveSmallIntegerField(_("level"), db_default=0, default=0)
    steps = models.JSONField(_("steps"), db_default=Value([], models.JSONField()), default=list)

    class Meta:
        verbose_name = _("row of a strategy")
        verbose_name_plural = _("rows of strategies")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["version", "place"], name="collections_strategy_row_once"),
            models.CheckConstraint(
                condition=Q(to_days=None) | Q(to_days__gte=F("from_days")), name="collections_strategy_days_agree"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.place}"

    def plain(self) -> Row:
        names = ("from_days", "to_days", "capacity", "readiness", "product", "care", "language", "level")
        steps = tuple(Step(step["wait"], StepAct(step["act"]), step["channel"]) for step in self.steps)
        return Row(**{name: getattr(self, name) for name in names}, steps=steps)


class StrategyDraw(models.Model):
    """
    In which part of a trial a borrower was drawn; it stays so, whatever is then done.

    :ivar version: the challenger. :ivar is_challenger: False: they stay with the champion.
    :ivar file: the first one they had in the trial. :ivar overdue_minor: on all loans, on that day.
    """

    version = models.ForeignKey(
        StrategyVersion, on_delete=models.PROTECT, related_name="draws", db_index=False, verbose_name=_("version")
    )
    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="+", verbose_name=_("borrower"))
    file = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("case file")
    )
    is_challenger = models.BooleanField(_("follows the challenger"))
    drawn_on = models.DateField(_("drawn on"))
    overdue_minor = models.BigIntegerField(_("overdue"))

    class Meta:
        verbose_name = _("part of a trial")
        verbose_name_plural = _("parts of trials")
        constraints = [models.UniqueConstraint(fields=["version", "borrower"], name="collections_drawn_once")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.borrower_id}"


class StrategyPlace(models.Model):
    """
    Where an open file stands in the strategy that it follows, and the facts by which it came there.

    :ivar since: the day from which on its row holds. :ivar steps_done: of that row.
    :ivar counted_from: the day of the latest step, or of the row; days on which something was in the way do not count.
    :ivar paused: what stands in the way; empty while nothing does.
    :ivar surplus_minor: what a month leaves; None where we were not told lately. :ivar asked_minor: a month's due.
    :ivar opened, kept, broken, paid: how often, see the rule `collections.strategies`.
    """

    class Pause(models.TextChoices):
        HOLD = "HOLD", _("A hold runs")
        HELP = "HELP", _("A request for help waits for our answer")
        COMPLAINT = "COMPLAINT", _("A complaint waits for our answer")
        PROMISE = "PROMISE", _("A promise runs")
        PLAN = "PLAN", _("A payment plan runs")
        SETTLEMENT = "SETTLEMENT", _("A settlement is offered or being paid")
        DESK = "DESK", _("The desk waits for an answer or a payment")

    file = models.OneToOneField(
        CaseFile, on_delete=models.PROTECT, primary_key=True, related_name="strategy", verbose_name=_("case file")
    )
    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="+", verbose_name=_("borrower"))
    version = models.ForeignKey(
        StrategyVersion, on_delete=models.PROTECT, related_name="places", verbose_name=_("version")
    )
    row = models.ForeignKey(
        StrategyRow, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("row")
    )
    since = models.DateField(_("since"))
    steps_done = models.PositiveSmallIntegerField(_("steps done"), db_default=0, default=0)
    counted_from = models.DateField(_("days count from"))
    paused = models.CharField(_("stands still"), max_length=10, choices=Pause, blank=True, db_default="", default="")
    product = models.CharField(_("product"), max_length=20)
    capacity = models.CharField(_("capacity"), max_length=10)
    readiness = models.CharField(_("readiness"), max_length=10)
    surplus_minor = models.BigIntegerField(_("a month leaves"), null=True, blank=True)
    asked_minor = models.BigIntegerField(_("a month asks"), db_default=0, default=0)
    opened = models.PositiveIntegerField(_("messages opened"), db_default=0, default=0)
    kept = models.PositiveIntegerField(_("promises kept"), db_default=0, default=0)
    broken = models.PositiveIntegerField(_("promises broken"), db_default=0, default=0)
    paid = models.PositiveIntegerField(_("payments made signed in"), db_default=0, default=0)

    class Meta:
        verbose_name = _("place in a strategy")
        verbose_name_plural = _("places in strategies")

    def __str__(self) -> str:
        return f"{self.file_id} {self.row_id}"


class StrategyAct(models.Model):
    """
    A step that was done. The unique key lets each be done once.

    :ivar since: from when on the row held, see `StrategyPlace`. :ivar number: of the step in its row, from 1.
    :ivar message_id: what was queued, see `dashu.messaging`.
    """

    class Outcome(models.TextChoices):
        QUEUED = "QUEUED", _("message queued")
        BLOCKED = "BLOCKED", _("message not allowed")
        TASK = "TASK", _("given to the desk")
        NOTHING = "NOTHING", _("left in peace")

    file = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, related_name="strategy_acts", db_index=False, verbose_name=_("case file")
    )
    row = models.ForeignKey(
        StrategyRow, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("row")
    )
    version = models.ForeignKey(StrategyVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("version"))
    since = models.DateField(_("since"))
    number = models.PositiveSmallIntegerField(_("step"))
    act = models.CharField(_("what"), max_length=10)
    channel = models.CharField(_("channel"), max_length=8, blank=True, db_default="", default="")
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    done_on = models.DateField(_("on"))
    message_id = models.BigIntegerField(_("message"), null=True, blank=True)

    class Meta:
        verbose_name = _("step of a strategy")
        verbose_name_plural = _("steps of strategies")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["file", "row", "since", "number"], name="collections_strategy_step_once")
        ]
        indexes = [
            models.Index(
                fields=["message_id"], condition=Q(message_id__isnull=False), name="collections_step_of_message"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_id} {self.row_id}/{self.number}"


def known_languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES]


def known_products() -> list[Any]:
    return list(Product.Kind.values)
