"""What each night finds of the scorecards in use."""

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ScorecardWatch(models.Model):
    """
    One scorecard on one night: whether those it scores are like those it was trained on, and how groups fare by it.

    Groups are counted, never kept per person. A window with too few applications says so and leaves the rest empty.

    :ivar use: whether it scores applications, or the behavior of running loans, which no group is counted of.
    :ivar night: the last day of the window, from `from_on` on.
    :ivar applications: how many were scored in the window; of behavior, how many borrowers.
    :ivar drift: `[{"name", "index", "stability", "expected", "found"}]`, the score first.
    :ivar fairness: by attribute `[{"group", "applicants", "approval_rate", "rate_interval", "impact_ratio",
        "ratio_interval", "needs_a_look"}]`, of what this scorecard decided.
    :ivar comparison: of the champion with the challenger, see `loans.domain.champions`, whose `challenger` here is its
        name and `challenger_bands` its counts; None without a challenger.
    """

    class Use(models.TextChoices):
        APPLICATIONS = "APPLICATIONS", _("Applications")
        BEHAVIOR = "BEHAVIOR", _("Running loans")

    scorecard = models.CharField(_("scorecard"), max_length=60)
    use = models.CharField(
        _("used for"), max_length=12, choices=Use, default=Use.APPLICATIONS, db_default="APPLICATIONS"
    )
    is_champion = models.BooleanField(_("champion"), default=False, db_default=False)
    night = models.DateField(_("night"))
    from_on = models.DateField(_("from"))
    applications = models.PositiveIntegerField(_("applications"), default=0, db_default=0)
    drift = models.JSONField(_("drift"), default=list, db_default=Value([], models.JSONField()))
    fairness = models.JSONField(_("fairness"), default=dict, db_default=Value({}, models.JSONField()))
    comparison = models.JSONField(_("champion and challenger"), null=True, blank=True)
    watched_at = models.DateTimeField(_("watched at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("watch over a scorecard")
        verbose_name_plural = _("watch over the scorecards")
        ordering = ["-night", "scorecard"]
        constraints = [models.UniqueConstraint(fields=["scorecard", "night"], name="loans_watch_once_a_night")]

    def __str__(self) -> str:
        return f"{self.scorecard} {self.night}"
