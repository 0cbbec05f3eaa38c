"""
Expected credit loss of a month: the model that was estimated, the run that applied it, and the figure of each loan.

A run is calculated once. What it holds is posted when another person approves it, and put right only by the next run.
"""

from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import month_end_of
from dashu.provisioning.domain.staging import StageReason
from dashu.users.models import User

RUN = "provisioning.run_provisionrun"

STAGES = ("1", "2", "3")

REASONS = {
    StageReason.PERFORMING: _("paid as agreed"),
    StageReason.DAYS_PAST_DUE: _("days past due"),
    StageReason.FORBORNE: _("relief was agreed and is observed"),
    StageReason.FLAG: _("a floor of its class"),
    StageReason.WARNING: _("a strong early warning"),
    StageReason.PROBATION: _("the probation after a worse stage is not over"),
}


class LossModel(models.Model):
    """
    What was estimated from the months up to `month`, in one currency.

    :ivar month: the first day of the month whose end it is seen from.
    :ivar content: see `dashu.provisioning.estimates.Estimates.as_json`; amounts in minor units, shares as texts.
    :ivar backtest: what was foreseen a year before against what came, see `selectors.backtest`.
    :ivar digest: of the content.
    """

    month = models.DateField(_("month"))
    currency = models.CharField(_("currency"), max_length=3)
    content = models.JSONField(_("estimates"))
    backtest = models.JSONField(_("back-test"), default=list, db_default=[])
    digest = models.CharField(_("digest"), max_length=64)
    made_at = models.DateTimeField(_("made at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("loss model")
        verbose_name_plural = _("loss models")
        constraints = [
            models.UniqueConstraint(fields=["month", "currency", "digest"], name="provisioning_model_once"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.currency} {self.digest[:8]}"


class ProvisionRun(models.Model):
    """
    The expected credit loss of all running loans at the end of a month, in one currency. Amounts in minor units.

    :ivar number: of the runs of this month; a later one takes the place of those before.
    :ivar totals: `{product: {"ecl", "overlay", "five_tier", "total"}}`; `total` is expected loss with overlays.
    :ivar stages, movement: the sums by stage and the way from the run before, see `selectors.stages` and `.movement`.
    :ivar overlays: as they held when it was calculated, each with what it added, see `services.spread_overlays`.
    :ivar inputs: digest of the snapshot, rules and overlays that it was calculated from.
    :ivar request_id: of the approval that was asked for.
    :ivar previous: the posted run that it is compared with.
    """

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Calculated")
        SUBMITTED = "SUBMITTED", _("Approval asked for")
        POSTED = "POSTED", _("Posted")

    month = models.DateField(_("month"))
    currency = models.CharField(_("currency"), max_length=3)
    number = models.PositiveSmallIntegerField(_("number"))
    model = models.ForeignKey(LossModel, on_delete=models.PROTECT, related_name="runs", verbose_name=_("loss model"))
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default="DRAFT", default=Status.DRAFT)
    previous = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("compared with")
    )
    loans = models.PositiveIntegerField(_("loans"), db_default=0, default=0)
    ecl_minor = models.BigIntegerField(_("expected credit loss"), db_default=0, default=0)
    overlay_minor = models.BigIntegerField(_("overlay"), db_default=0, default=0)
    five_tier_minor = models.BigIntegerField(_("five-tier provision"), db_default=0, default=0)
    totals = models.JSONField(_("by product"), default=dict, db_default={})
    stages = models.JSONField(_("by stage"), default=list, db_default=[])
    movement = models.JSONField(_("movement"), default=dict, db_default={})
    overlays = models.JSONField(_("overlays"), default=list, db_default=[])
    inputs = models.CharField(_("digest of what it is calculated from"), max_length=64)
    request_id = models.BigIntegerField(_("approval"), null=True, blank=True)
    made_at = models.DateTimeField(_("calculated at"), db_default=Now(), editable=False)
    made_by = models.TextField(_("calculated by"))
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)
    posted_by = models.TextField(_("posted by"), blank=True, db_default="", default="")

    class Meta:
        verbose_name = _("provision run")
        verbose_name_plural = _("provision runs")
        ordering = ["-month", "currency", "-number"]
        permissions = [("run_provisionrun", "Can calculate a provision and ask for its posting")]
        constraints = [
            models.UniqueConstraint(fields=["month", "currency", "number"], name="provisioning_run_once"),
            models.CheckConstraint(
                condition=Q(status="POSTED", posted_at__isnull=False) | ~Q(status="POSTED") & Q(posted_at=None),
                name="provisioning_run_posting_agrees",
            ),
        ]

    def __str__(self) -> str:
        return f"{date_format(self.month, 'Y-m')} · {self.currency} · {self.number}"

    @property
    def month_end(self) -> date:
        return month_end_of(self.month)

    @property
    def total_minor(self) -> int:
        """Expected credit loss with its overlays."""
        return self.ecl_minor + self.overlay_minor


class LoanProvision(models.Model):
    """
    The figure of one loan in a run. Amounts in minor units, probabilities and shares as fractions.

    :ivar stage_before: in the run that it is compared with, else by the close a month before; "" for a new loan.
    :ivar pd_12, pd_lifetime: of twelve months, and up to its last month; weighted over the scenarios, 1 in default.
    :ivar lgd: the share lost in the plainest scenario, before scenarios multiply it.
    :ivar exposures: by month, as far as it answers for them; of a loan in default the one of today.
    :ivar months: for which it answers. :ivar default_months: in default, at the end of the month.
    :ivar ecl_scenarios: in the order of the rule, each rounded by itself; `ecl_minor` is rounded once.
    :ivar five_tier_minor: rounded with the loans of its class, so that the parts add up to what the close sets aside.
    """

    pk = models.CompositePrimaryKey("run_id", "loan_id")
    run = models.ForeignKey(ProvisionRun, on_delete=models.CASCADE, related_name="lines", db_index=False)
    loan_id = models.BigIntegerField(_("loan"))
    product = models.CharField(_("product"), max_length=50)
    bucket = models.CharField(_("bucket"), max_length=20)
    classification = models.CharField(_("classification"), max_length=20, blank=True)
    stage_before = models.CharField(_("impairment stage before"), max_length=1, blank=True)
    stage = models.CharField(_("impairment stage"), max_length=1)
    reason = models.CharField(
        _("why"), max_length=16, choices=[(reason.value, words) for reason, words in REASONS.items()]
    )
    months = models.PositiveSmallIntegerField(_("months"))
    default_months = models.PositiveSmallIntegerField(_("months in default"))
    pd_12 = models.DecimalField(_("probability of default in a year"), max_digits=13, decimal_places=12)
    pd_lifetime = models.DecimalField(_("probability of default up to its end"), max_digits=13, decimal_places=12)
    lgd = models.DecimalField(_("share lost in a default"), max_digits=13, decimal_places=12)
    monthly_rate = models.DecimalField(_("effective rate of a month"), max_digits=13, decimal_places=12)
    ead_minor = models.BigIntegerField(_("exposure"))
    exposures = ArrayField(models.BigIntegerField(), verbose_name=_("exposure by month"))
    ecl_scenarios = ArrayField(models.BigIntegerField(), verbose_name=_("expected credit loss by scenario"))
    ecl_minor = models.BigIntegerField(_("expected credit loss"))
    overlay_minor = models.BigIntegerField(_("overlay"), db_default=0, default=0)
    total_minor = models.GeneratedField(
        expression=F("ecl_minor") + F("overlay_minor"),
        output_field=models.BigIntegerField(),
        db_persist=True,
        verbose_name=_("set aside"),
    )
    five_tier_minor = models.BigIntegerField(_("five-tier provision"))

    class Meta:
        verbose_name = _("provision of a loan")
        verbose_name_plural = _("provisions of loans")
        indexes = [
            models.Index(fields=["loan_id"], name="provisioning_line_of_loan"),
            models.Index(F("run"), F("ecl_minor").desc(), F("loan_id"), name="provisioning_line_largest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=STAGES), name="provisioning_line_stage_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.loan_id}: {self.ecl_minor}"


class OverlayQuerySet(models.QuerySet["Overlay"]):
    def in_force(self, on: date) -> Any:
        return self.filter(from_on__lte=on, to_on__gte=on, ended_at=None).order_by("pk")


class Overlay(models.Model):
    """
    What is set aside on top, because somebody knows what the past cannot show.

    :ivar product, bucket, stage: of the loans that it is for; "" for all.
    :ivar amount_minor: spread over them by their expected loss. :ivar share: of their expected loss; one of the two.
    """

    currency = models.CharField(_("currency"), max_length=3)
    product = models.CharField(_("product"), max_length=50, blank=True)
    bucket = models.CharField(_("bucket"), max_length=20, blank=True)
    stage = models.CharField(_("impairment stage"), max_length=1, blank=True)
    amount_minor = models.BigIntegerField(_("amount"), null=True, blank=True)
    share = models.DecimalField(_("share"), max_digits=7, decimal_places=4, null=True, blank=True)
    reason = models.TextField(_("reason"))
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"))
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("entered by"))
    made_at = models.DateTimeField(_("entered at"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("taken back by")
    )

    objects = OverlayQuerySet.as_manager()

    class Meta:
        verbose_name = _("overlay of a provision")
        verbose_name_plural = _("overlays of provisions")
        permissions = [("write_overlay", "Can enter and take back overlays of provisions")]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, share=None) | Q(amount_minor=None, share__gt=0),
                name="provisioning_overlay_has_one_size",
            ),
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")), name="provisioning_overlay_days_agree"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.from_on}–{self.to_on}"
