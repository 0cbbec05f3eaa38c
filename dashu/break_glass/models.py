"""Who took which role's rights in an emergency, why, until when, and what was found when it was looked into."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.roles import Role

LONGEST = timedelta(minutes=60)


class EmergencyGrantQuerySet(models.QuerySet["EmergencyGrant"]):
    def running(self) -> Self:
        """Those whose time, by the database's clock, is not over."""
        return self.filter(given_back_at=None, ends_at__gt=Now())

    def to_review(self, *, over_for: timedelta = timedelta(0)) -> Self:
        """Those that have been over for so long, and that nobody has looked into."""
        over = Q(given_back_at__lte=Now() - over_for) | Q(ends_at__lte=Now() - over_for)
        return self.filter(over, reviewed_at=None)


class EmergencyGrant(models.Model):
    """
    The rights of a role, less those of `never.yaml`, for somebody who lacks them. Kept for good; a trigger holds that
    nothing of it changes but its end and its review, once each, and that nobody has two at once.

    :ivar incident: the number under which the emergency is known elsewhere.
    """

    taker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="emergency_grants", verbose_name=_("taken by")
    )
    role = models.CharField(_("rights of"), max_length=16, choices=Role)
    reason = models.CharField(_("reason"), max_length=500)
    incident = models.CharField(_("incident number"), max_length=40, blank=True)
    taken_at = models.DateTimeField(_("taken at"), db_default=Now(), editable=False)
    ends_at = models.DateTimeField(_("ends at"), editable=False)
    given_back_at = models.DateTimeField(_("given back at"), null=True, editable=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="reviewed_emergencies",
        verbose_name=_("looked into by"),
    )
    reviewed_at = models.DateTimeField(_("looked into at"), null=True, editable=False)
    is_justified = models.BooleanField(_("justified"), null=True)
    review = models.CharField(_("what was found"), max_length=1000, blank=True)

    objects = EmergencyGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("emergency")
        verbose_name_plural = _("emergencies")
        ordering = ["-taken_at"]
        permissions = [
            ("take_emergencygrant", "Can take rights in an emergency"),
            ("review_emergencygrant", "Can look into rights that were taken"),
        ]
        indexes = [models.Index(fields=["taker", "taken_at"], name="break_glass_of_taker")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("taken_at"), ends_at__lte=F("taken_at") + LONGEST),
                name="break_glass_an_hour_at_most",
            ),
            models.CheckConstraint(
                condition=Q(given_back_at=None) | Q(given_back_at__gte=F("taken_at"), given_back_at__lte=F("ends_at")),
                name="break_glass_given_back_meanwhile",
            ),
            models.CheckConstraint(
                condition=Q(reviewer=None, reviewed_at=None, is_justified=None, review="")
                | (Q(reviewer__isnull=False, reviewed_at__isnull=False, is_justified__isnull=False) & ~Q(review="")),
                name="break_glass_review_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(reviewer=None) | ~Q(reviewer=F("taker")), name="break_glass_reviewed_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.pk}"
