"""Agencies that collect for us, the loans they have or had, and the files they got."""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.asked import new_reference
from dashu.users.models import Viewer
from loans.models import Loan


def new_placement_reference() -> str:
    return new_reference("P")


def new_file_reference() -> str:
    return new_reference("B")


class Unfit(models.TextChoices):
    """Why a loan does not go to an agency. What is in `ENDS` brings one back that is there."""

    ENDED = "ENDED", _("The loan has ended")
    PAID = "PAID", _("Nothing is late")
    NOT_LATE_ENOUGH = "NOT_LATE_ENOUGH", _("Not late for long enough")
    TOO_LITTLE = "TOO_LITTLE", _("Too little is overdue")
    DECEASED = "DECEASED", _("The borrower died")
    HOLD = "HOLD", _("A hold runs")
    CARE = "CARE", _("Special care")
    COMPLAINT = "COMPLAINT", _("A complaint is open")
    DISPUTE = "DISPUTE", _("A dispute is open")
    HELP_ASKED = "HELP_ASKED", _("Help was asked for")
    AGREED = "AGREED", _("A promise, plan or settlement runs")
    LEGAL = "LEGAL", _("A court has it")
    LIMITATION = "LIMITATION", _("The limitation period is over")
    PLACED = "PLACED", _("An agency has the borrower already")
    CURRENCY = "CURRENCY", _("In a currency that the rule does not know")


ENDS = (
    Unfit.ENDED,
    Unfit.PAID,
    Unfit.DECEASED,
    Unfit.HOLD,
    Unfit.CARE,
    Unfit.COMPLAINT,
    Unfit.DISPUTE,
    Unfit.HELP_ASKED,
    Unfit.AGREED,
    Unfit.LEGAL,
    Unfit.LIMITATION,
)
# Two more reasons for which a loan comes back, which keep none from going.
TERM_OVER, OURS = "TERM_OVER", "OURS"
RECALLS: dict[str, Any] = {
    **{code.value: code.label for code in ENDS},
    TERM_OVER: _("The agreed time is over"),
    OURS: _("We asked for it back"),
}


class Agency(models.Model):
    """
    A company that collects for us under our name and rules.

    :ivar license: the number of its license or register entry.
    :ivar score: of the latest evaluation, from 0 to 100.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    license = models.CharField(_("license"), max_length=80)
    contract_from = models.DateField(_("contract from"))
    contract_to = models.DateField(_("contract to"), help_text=_("The last day, included."))
    evaluated_on = models.DateField(_("evaluated on"), null=True, blank=True)
    score = models.PositiveSmallIntegerField(
        _("score"), null=True, blank=True, validators=[MaxValueValidator(100)], help_text=_("From 0 to 100.")
    )
    is_active = models.BooleanField(_("gets loans"), db_default=True, default=True)

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["code"]
        permissions = [("evaluate_agency", "Can evaluate agencies")]
        constraints = [
            models.CheckConstraint(
                condition=Q(contract_to__gte=F("contract_from")), name="collections_agency_contract_days"
            ),
            models.CheckConstraint(
                condition=Q(evaluated_on=None, score=None) | Q(evaluated_on__isnull=False, score__range=(0, 100)),
                name="collections_agency_score_of_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AgencyRate(models.Model):
    """What an agency gets of each payment, for debts that were late for so long when they were placed."""

    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="rates", db_index=False, verbose_name=_("agency")
    )
    from_days = models.PositiveSmallIntegerField(_("from days past due"))
    bps = models.PositiveSmallIntegerField(
        _("commission in bps"), help_text=_("1,500 is 15%."), validators=[MaxValueValidator(5_000)]
    )

    class Meta:
        verbose_name = _("commission")
        verbose_name_plural = _("commissions")
        ordering = ["from_days"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "from_days"], name="collections_agency_rate_once"),
            models.CheckConstraint(condition=Q(bps__lte=5_000), name="collections_agency_rate_is_sound"),
        ]

    def __str__(self) -> str:
        return f"{self.from_days}: {self.bps}"


class AgencyFile(models.Model):
    """
    What an agency is told: loans that it gets, or loans that it has to give back.

    What stands in it is written anew each time it is taken, so that nothing of a person lies about; who took it is in
    the audit log.
    """

    class Kind(models.TextChoices):
        PLACEMENT = "PLACEMENT", _("Loans that it gets")
        RECALL = "RECALL", _("Loans that come back")

    number = models.CharField(_("file"), max_length=16, unique=True, default=new_file_reference)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="files", verbose_name=_("agency"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    made_on = models.DateField(_("prepared on"))
    made_by = models.TextField(_("prepared by"))
    loans = models.PositiveIntegerField(_("loans"))

    class Meta:
        verbose_name = _("file for an agency")
        verbose_name_plural = _("files for agencies")
        permissions = [("export_agencyfile", "Can take files for agencies")]

    def __str__(self) -> str:
        return self.number


class PlacementQuerySet(models.QuerySet["Placement"]):
    def visible_to(self, user: Viewer) -> Self:
        return self.filter(loan__in=Loan.objects.visible_to(user))

    def running(self) -> Self:
        return self.filter(recalled_on=None)


class Placement(models.Model):
    """
    A loan that an agency has, or had. Meanwhile nobody else contacts the borrower.

    :ivar owed_minor: what was overdue when it was placed, which recovered shares are measured by.
    :ivar days: past due when it was placed; the commission follows from it and stays.
    :ivar ends_on: the last day; then it comes back by itself.
    :ivar after_event, until_event: the loan's newest event when it was placed and when it came back. On these two days
        they part what came while the agency had it from what came before and after.
    :ivar reasons: why it came back, codes of `RECALLS`.
    """

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_placement_reference)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="placements", verbose_name=_("agency"))
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="placements", verbose_name=_("loan"))
    file = models.ForeignKey(AgencyFile, on_delete=models.PROTECT, related_name="placed", verbose_name=_("file"))
    placed_on = models.DateField(_("placed on"))
    ends_on = models.DateField(_("up to"))
    owed_minor = models.BigIntegerField(_("overdue when placed"))
    days = models.PositiveIntegerField(_("days past due when placed"))
    bps = models.PositiveSmallIntegerField(_("commission in bps"))
    after_event = models.BigIntegerField(editable=False)
    until_event = models.BigIntegerField(editable=False, null=True)
    recalled_on = models.DateField(_("came back on"), null=True, blank=True)
    recalled_at = models.DateTimeField(_("came back at"), null=True, blank=True)
    reasons = ArrayField(models.CharField(max_length=20), verbose_name=_("because"), default=list, db_default=[])
    words = models.TextField(_("in our words"), blank=True, db_default="", default="")
    actor = models.TextField(_("placed by"))
    recall_file = models.ForeignKey(
        AgencyFile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recalled",
        verbose_name=_("told by the file"),
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["-pk"]
        permissions = [
            ("place_placement", "Can ask for loans to go to an agency"),
            ("recall_placement", "Can call loans back from an agency"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["loan"], condition=Q(recalled_on=None), name="collections_one_running_placement"
            ),
            models.CheckConstraint(
                condition=Q(recalled_on=None, recalled_at=None, until_event=None)
                | Q(recalled_on__gte=F("placed_on"), recalled_at__isnull=False, until_event__isnull=False),
                name="collections_placement_came_back",
            ),
            models.CheckConstraint(
                condition=Q(owed_minor__gt=0, ends_on__gte=F("placed_on")), name="collections_placement_is_sound"
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "placed_on"], name="collections_placed_by_agency"),
            models.Index(
                fields=["agency"],
                condition=Q(recalled_on__isnull=False, recall_file=None),
                name="collections_recall_to_tell",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
