"""What was found out about an applicant, and what was decided, each as it was at the moment."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import User
from loans.models.applications import Application


class CreditReport(models.Model):
    """
    What the credit bureau answered, or that it did not.

    :ivar request_id: sent with the enquiry, so that asking again after a broken connection is one enquiry.
    :ivar content: the file in plain values, see `loans.bureaus.base`; None until there is an answer.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="credit_reports", verbose_name=_("application")
    )
    request_id = models.UUIDField(_("enquiry"), unique=True)
    bureau = models.CharField(_("bureau"), max_length=24)
    asked_at = models.DateTimeField(_("asked at"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    reference = models.CharField(_("bureau's reference"), max_length=80, blank=True, default="")
    content = models.JSONField(_("content"), null=True, blank=True)
    failure = models.CharField(_("why there is none"), max_length=60, blank=True, default="")

    class Meta:
        verbose_name = _("credit report")
        verbose_name_plural = _("credit reports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.request_id}"


class CreditReview(models.Model):
    """
    One decision on an application, by rules or by a person, with everything that it was made from.

    Rows are only ever added; the latest is what holds.

    :ivar facts: the plain values that were held against the rules.
    :ivar findings: `[{"outcome", "reason", "found", "limit"}]`, the gravest first.
    :ivar shortfalls: `[{"characteristic", "points"}]` of the score, the largest first.
    :ivar challenger: name, version and score of the scorecard that is only watched; None where there is none.
    :ivar price: the yearly rate as a text and the reasons for it; None where no loan is offered.
    :ivar answer: what the applicant is told beyond the reasons: what kept an offer from being what was asked for, where
        the month goes, what would change the answer, and the lesson that fits; `reasons` are those of the findings that
        a person refuses for, absent where all of them count.
    :ivar note: what the person who decided says to the applicant.
    :ivar rules_on: the day whose rules held.
    """

    class Outcome(models.TextChoices):
        APPROVE = "APPROVE", _("Offers can be made")
        REFER = "REFER", _("A person decides")
        REFUSE = "REFUSE", _("No loan")

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("application")
    )
    report = models.ForeignKey(
        CreditReport,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("credit report"),
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    facts = models.JSONField(_("facts"))
    findings = models.JSONField(_("findings"))
    scorecard = models.CharField(_("scorecard"), max_length=60, blank=True, default="")
    score = models.IntegerField(_("score"), null=True, blank=True)
    shortfalls = models.JSONField(_("what cost points"), default=list)
    challenger = models.JSONField(_("challenger"), null=True, blank=True)
    price = models.JSONField(_("price"), null=True, blank=True)
    answer = models.JSONField(_("answer"), default=dict)
    rules_on = models.DateField(_("rules of"))
    decided_at = models.DateTimeField(_("decided at"))
    decided_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("decided by"),
        help_text=_("Empty: by rules alone."),
    )
    note = models.TextField(_("note"), blank=True, default="")

    class Meta:
        verbose_name = _("credit review")
        verbose_name_plural = _("credit reviews")
        ordering = ["-id"]
        indexes = [models.Index(fields=["decided_at"], name="loans_review_by_day")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.outcome}"


class ReviewRequest(models.Model):
    """
    That a person shall look at a decision, asked for by the applicant. PIPL article 24.

    :ivar due_on: by when an answer is promised.
    """

    class Outcome(models.TextChoices):
        CHANGED = "CHANGED", _("Decided otherwise")
        CONFIRMED = "CONFIRMED", _("Confirmed")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="review_requests", verbose_name=_("application")
    )
    review = models.ForeignKey(
        CreditReview, on_delete=models.PROTECT, related_name="requests", db_index=False, verbose_name=_("decision")
    )
    words = models.TextField(_("what the applicant says"), blank=True, default="")
    asked_at = models.DateTimeField(_("asked at"))
    due_on = models.DateField(_("answer promised by"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True, default="")
    answer = models.ForeignKey(
        CreditReview,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("answer"),
    )
    created_at = models.DateTimeField(_("recorded at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("request for a person's review")
        verbose_name_plural = _("requests for a person's review")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(outcome=""), name="loans_review_request_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.due_on}"


class Offer(models.Model):
    """
    One loan that the applicant can have, until it lapses.

    :ivar position: as shown, from 1.
    :ivar reason: why it is offered, see `loans.domain.offers`.
    :ivar figures: what was worked out for the applicant to compare, plain values in minor units and basis points.
    :ivar sheet: the cost sheet, see `loans.domain.cost_sheet`; `sheet_digest` is its sha256.
    """

    review = models.ForeignKey(
        CreditReview, on_delete=models.PROTECT, related_name="offers", db_index=False, verbose_name=_("decision")
    )
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="offers", verbose_name=_("application")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    reason = models.CharField(_("why"), max_length=40)
    principal_minor = models.BigIntegerField(_("amount"))
    installment_count = models.PositiveSmallIntegerField(_("installments"))
    annual_rate = models.DecimalField(_("annual rate"), max_digits=9, decimal_places=6)
    terms = models.JSONField(_("terms"), default=dict)
    figures = models.JSONField(_("figures"))
    sheet = models.JSONField(_("cost sheet"), null=True, blank=True)
    sheet_digest = models.CharField(_("digest of the cost sheet"), max_length=64, blank=True, default="")
    made_at = models.DateTimeField(_("made at"))
    expires_on = models.DateField(_("lapses after"))
    chosen_at = models.DateTimeField(_("chosen at"), null=True, blank=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["application", "-review", "position"]
        constraints = [
            models.UniqueConstraint(fields=["review", "position"], name="loans_offer_position_once"),
            models.UniqueConstraint(
                fields=["application"], condition=Q(chosen_at__isnull=False), name="loans_offer_chosen_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} #{self.position}"
