"""Claims that go to court: what was looked at before, and every step since."""

from typing import Self

from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.asked import new_reference
from dashu.users.models import Viewer
from loans.models import Loan


def new_legal_reference() -> str:
    return new_reference("L")


class LegalCaseQuerySet(models.QuerySet["LegalCase"]):
    def visible_to(self, user: Viewer) -> Self:
        return self.filter(loan__in=Loan.objects.visible_to(user))

    def open(self) -> Self:
        return self.filter(status__in=LegalCase.OPEN)


class LegalCase(models.Model):
    """
    One claim on its way through a court.

    :ivar claim_minor: what was overdue when it was approved.
    :ivar confirmed: what a person had looked at and confirmed, codes of the rule `legal.checklist`.
    :ivar last_day: of the limitation period, as it stood then.
    :ivar stayed_on: since when it rests; None while it goes on.
    """

    class Status(models.TextChoices):
        APPROVED = "APPROVED", _("To be filed")
        FILED = "FILED", _("Filed")
        JUDGMENT = "JUDGMENT", _("Judgment")
        SETTLED = "SETTLED", _("Settled")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    OPEN = (Status.APPROVED, Status.FILED, Status.JUDGMENT)

    reference = models.CharField(_("number"), max_length=16, unique=True, default=new_legal_reference)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="legal_cases", verbose_name=_("loan"))
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.APPROVED, db_default="APPROVED"
    )
    claim_minor = models.BigIntegerField(_("claim"))
    confirmed = models.JSONField(_("confirmed"), default=list, db_default=models.Value([], models.JSONField()))
    last_day = models.DateField(_("limitation"), null=True, blank=True)
    opened_on = models.DateField(_("approved on"))
    court = models.CharField(_("court"), max_length=120, blank=True, db_default="", default="")
    court_number = models.CharField(_("number at the court"), max_length=80, blank=True, db_default="", default="")
    filed_on = models.DateField(_("filed on"), null=True, blank=True)
    judged_on = models.DateField(_("judgment of"), null=True, blank=True)
    judged_minor = models.BigIntegerField(_("granted"), null=True, blank=True)
    stayed_on = models.DateField(_("rests since"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    actor = models.TextField(_("asked by"))

    objects = LegalCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim at court")
        verbose_name_plural = _("claims at court")
        ordering = ["-pk"]
        permissions = [
            ("ask_legalcase", "Can ask for a claim to be taken to court"),
            ("steer_legalcase", "Can note what happens at court"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["loan"],
                condition=Q(status__in=["APPROVED", "FILED", "JUDGMENT"]),
                name="collections_one_open_legal_case",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["APPROVED", "WITHDRAWN", "SETTLED"]) | Q(filed_on__isnull=False),
                name="collections_legal_case_was_filed",
            ),
            models.CheckConstraint(
                condition=~Q(status="JUDGMENT") | Q(judged_on__gte=F("filed_on"), judged_minor__gte=0),
                name="collections_legal_case_was_judged",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["SETTLED", "WITHDRAWN"], ended_on__isnull=False, stayed_on=None)
                | (~Q(status__in=["SETTLED", "WITHDRAWN"]) & Q(ended_on=None)),
                name="collections_legal_case_has_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def cost_minor(self) -> int:
        """What it has cost so far. It is not added to what the borrower owes; a court decides who bears it."""
        return self.steps.aggregate(minor=Sum("amount_minor", filter=Q(kind="COST")))["minor"] or 0


class LegalStep(models.Model):
    """What happened to a claim at court. Rows are only ever added. :ivar amount_minor: of a cost or a judgment."""

    class Kind(models.TextChoices):
        APPROVED = "APPROVED", _("Approved")
        FILED = "FILED", _("Filed")
        JUDGMENT = "JUDGMENT", _("Judgment")
        COST = "COST", _("Expense")
        STAYED = "STAYED", _("Rests")
        RESUMED = "RESUMED", _("Goes on")
        SETTLED = "SETTLED", _("Settled")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    case = models.ForeignKey(
        LegalCase, on_delete=models.PROTECT, related_name="steps", verbose_name=_("claim at court")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    on = models.DateField(_("on"))
    amount_minor = models.BigIntegerField(_("amount"), default=0, db_default=0)
    words = models.TextField(_("words"), blank=True, default="", db_default="")
    actor = models.TextField(_("by"))

    class Meta:
        verbose_name = _("step at court")
        verbose_name_plural = _("steps at court")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gte=0), name="collections_legal_step_amount")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.on}"
