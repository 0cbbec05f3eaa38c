"""
Moments at which a lesson fits, and who wants none of them.

That the moment came is known of the loan; whether anybody then read is kept for the person, and counted in sums only.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Borrower


class LearningMoment(models.Model):
    """
    Something that happened to a borrower once and has a lesson that fits. Written with the draw, before anything else.

    :ivar loan_id: a plain dimension, None where it is about no loan.
    :ivar experiment: by which name the parts were drawn; empty when none was drawn.
    :ivar is_held_out: gets neither card nor message, so that the effect of both can be measured.
    :ivar is_told: a message was queued, beside the card.
    :ivar owed_minor, days_late, due_before, late_before: how things stood when it was drawn, of all their loans: the
        principal owed, days behind, installments that had fallen due, and those of them that were not paid in time.
    :ivar opened_at: when they first opened the lesson after it, by whatever way.
    :ivar put_away_until: the last day on which the card is not shown, because they said "not now".
    """

    class Moment(models.TextChoices):
        CONTRACT_SIGNED = "CONTRACT_SIGNED", _("A contract was signed")
        FIRST_DUE = "FIRST_DUE", _("The first due date is near")
        MINIMUM_PAID = "MINIMUM_PAID", _("Only the least was paid")
        SECOND_INQUIRY = "SECOND_INQUIRY", _("Several lenders were asked")
        OVERDUE = "OVERDUE", _("An installment is one day late")
        OFFER_MADE = "OFFER_MADE", _("Relief was offered")
        PLAN_ACCEPTED = "PLAN_ACCEPTED", _("A plan was accepted")

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("borrower")
    )
    loan_id = models.BigIntegerField(_("loan"), null=True, blank=True)
    moment = models.CharField(_("moment"), max_length=20, choices=Moment)
    lesson = models.SlugField(_("lesson"), max_length=60, db_index=False)
    happened_on = models.DateField(_("on"))
    noticed_at = models.DateTimeField(_("noticed at"))
    experiment = models.CharField(_("experiment"), max_length=40, blank=True, db_default="", default="")
    is_held_out = models.BooleanField(_("not pointed to it"), db_default=False, default=False)
    is_told = models.BooleanField(_("message queued"), db_default=False, default=False)
    owed_minor = models.BigIntegerField(_("principal owed"), db_default=0, default=0)
    days_late = models.PositiveIntegerField(_("days behind"), db_default=0, default=0)
    due_before = models.PositiveIntegerField(_("installments before"), db_default=0, default=0)
    late_before = models.PositiveIntegerField(_("of them late"), db_default=0, default=0)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    put_away_until = models.DateField(_("put away until"), null=True, blank=True)

    class Meta:
        verbose_name = _("moment of learning")
        verbose_name_plural = _("moments of learning")
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "moment", "loan_id"], nulls_distinct=False, name="education_one_moment_a_loan"
            ),
            models.CheckConstraint(
                condition=Q(is_held_out=False) | (Q(is_told=False) & ~Q(experiment="")),
                name="education_held_out_are_not_told",
            ),
        ]
        indexes = [
            models.Index(
                fields=["experiment", "moment", "borrower"], condition=~Q(experiment=""), name="education_experiment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.moment}"


class LearningWish(models.Model):
    """A borrower who wants no lessons pointed out, in the account or elsewhere. Lessons stay open to them."""

    borrower = models.OneToOneField(
        Borrower, on_delete=models.PROTECT, primary_key=True, related_name="+", verbose_name=_("borrower")
    )
    stopped_at = models.DateTimeField(_("stopped at"))

    class Meta:
        verbose_name = _("wish for no lessons")
        verbose_name_plural = _("wishes for no lessons")

    def __str__(self) -> str:
        return str(self.borrower_id)
