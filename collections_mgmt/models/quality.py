"""Looking at the work of the desk afterwards: what was drawn of a week, what was found, and what was said about it."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models.desk import CaseFileEvent, Team
from dashu.messaging.models import ContactAttempt
from dashu.users.models import User, Viewer

REVIEW = "collections_mgmt.review_qualityreview"


class QualityDraw(models.Model):
    """That a week was drawn from, once. :ivar week: its Monday. :ivar seen, drawn: how much there was and was drawn."""

    week = models.DateField(_("week from"), unique=True)
    drawn_at = models.DateTimeField(_("drawn at"))
    seen = models.PositiveIntegerField(_("pieces of work"), db_default=0, default=0)
    drawn = models.PositiveIntegerField(_("drawn"), db_default=0, default=0)

    class Meta:
        verbose_name = _("draw for quality review")
        verbose_name_plural = _("draws for quality review")
        ordering = ["-week"]

    def __str__(self) -> str:
        return f"{self.week}"


class QualityReviewQuerySet(models.QuerySet["QualityReview"]):
    def visible_to(self, user: Viewer) -> Self:
        """Reviewers see all but what waits about themselves; everyone else sees what was found of their own work."""
        if not user.is_authenticated or not user.is_active or not user.has_perm("collections_mgmt.view_qualityreview"):
            return self.none()
        own = Q(collector=user.pk, reviewed_at__isnull=False)
        return self.filter(~Q(collector=user.pk) | own if user.has_perm(REVIEW) else own)

    def waiting(self) -> Self:
        return self.filter(reviewed_at=None)

    def to_read(self, user: User) -> Self:
        """What was found of a person's work and they have not answered."""
        return self.filter(collector=user, reviewed_at__isnull=False, answered_at=None)


class QualityReview(models.Model):
    """
    A contact or a note that is looked at by somebody else than who made it.

    :ivar week: Monday of the week that it was drawn from. :ivar why: RANDOM ones alone speak for all of the work.
    :ivar team: of the collector, when it was drawn.
    :ivar done_at: when the work was done; `scorecard` of that day holds.
    :ivar reviewer: who took it up, and then who decided.
    :ivar answers: of each question its code, weight, whether it is critical, and YES, NO or NA.
    :ivar critical: codes of the critical questions that failed.
    :ivar coaching: what the collector reads, and `answer` what they say to it; empty: read, nothing to add.
    :ivar follow_up: what was done about a critical failure.
    """

    class Work(models.TextChoices):
        CONTACT = "CONTACT", _("Contact")
        NOTE = "NOTE", _("Note")

    class Why(models.TextChoices):
        RANDOM = "RANDOM", _("drawn at random")
        COMPLAINT = "COMPLAINT", _("the borrower complained")
        CARE = "CARE", _("the borrower needs special care")

    class Result(models.TextChoices):
        PASSED = "PASSED", _("As it should be")
        FAILED = "FAILED", _("To be improved")
        CRITICAL = "CRITICAL", _("Failed on something critical")

    week = models.DateField(_("week from"))
    work = models.CharField(_("kind"), max_length=8, choices=Work)
    attempt = models.OneToOneField(
        ContactAttempt,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="quality_review",
        verbose_name=_("contact"),
    )
    event = models.OneToOneField(
        CaseFileEvent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="quality_review",
        verbose_name=_("note"),
    )
    collector = models.ForeignKey(
        User, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("collector")
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    why = models.CharField(_("drawn because"), max_length=9, choices=Why)
    done_at = models.DateTimeField(_("done at"))
    due_on = models.DateField(_("review due"))
    reviewer = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("reviewer"),
    )
    taken_at = models.DateTimeField(_("taken up at"), null=True, blank=True)
    answers = models.JSONField(_("answers"), default=list, db_default=[])
    score_bps = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=8, choices=Result, blank=True, default="", db_default="")
    critical = ArrayField(models.CharField(max_length=40), verbose_name=_("critical"), default=list, db_default=[])
    coaching = models.TextField(_("coaching note"), blank=True, default="", db_default="")
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True, default="", db_default="")
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    follow_up = models.TextField(_("what was done about it"), blank=True, default="", db_default="")
    followed_up_at = models.DateTimeField(_("seen to at"), null=True, blank=True)
    followed_up_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("seen to by"),
    )

    objects = QualityReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("quality review")
        verbose_name_plural = _("quality reviews")
        ordering = ["due_on", "pk"]
        permissions = [("review_qualityreview", "Can review how colleagues worked")]
        indexes = [
            models.Index(fields=["due_on", "id"], condition=Q(reviewed_at=None), name="collections_review_waiting"),
            models.Index(fields=["collector", "-done_at"], name="collections_review_of_one"),
            models.Index(fields=["done_at"], name="collections_review_by_day"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(work="CONTACT", attempt__isnull=False, event=None)
                | Q(work="NOTE", attempt=None, event__isnull=False),
                name="collections_review_of_one_piece",
            ),
            models.CheckConstraint(
                condition=Q(reviewer=None) | ~Q(reviewer=F("collector")), name="collections_nobody_reviews_themselves"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, result="", score_bps=None, answered_at=None)
                | (Q(reviewed_at__isnull=False, reviewer__isnull=False, score_bps__lte=10_000) & ~Q(result="")),
                name="collections_review_has_a_result",
            ),
            models.CheckConstraint(
                condition=Q(result="CRITICAL", score_bps=0) | (~Q(result="CRITICAL") & Q(followed_up_at=None)),
                name="collections_critical_fails_the_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_work_display()} {self.pk}"

    @property
    def borrower_id(self) -> int:
        if self.attempt is not None:
            return self.attempt.borrower_id
        assert self.event is not None
        return self.event.file.borrower_id
