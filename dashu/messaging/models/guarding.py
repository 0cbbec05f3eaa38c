"""
What the contact guard decided, and the contacts that people made.

A decision is evidence: the database lets nobody change or delete it. No message outside the borrower's account counts
as sent, and no attempt of ours exists, without a decision about this person and channel that allowed it (migration
0014).
"""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dashu.messaging.models.outbox import OutboxMessage
from dashu.reach import of_people_given
from dashu.users.actors import actor_of_user
from dashu.users.models import Borrower
from dashu.users.sealing import SealedText


class ContactChannel(models.TextChoices):
    """Every way to reach somebody; the first three are those of messages."""

    IN_APP = "IN_APP", _("In the borrower's account")
    EMAIL = "EMAIL", _("E-mail")
    SMS = "SMS", _("Text message")
    CALL = "CALL", _("Call by a person")
    AI_CALL = "AI_CALL", _("Call by a machine")
    LETTER = "LETTER", _("Letter")
    VISIT = "VISIT", _("Visit")


class ContactParty(models.TextChoices):
    BORROWER = "BORROWER", _("The borrower")
    GUARANTOR = "GUARANTOR", _("Guarantor")
    REPRESENTATIVE = "REPRESENTATIVE", _("Representative")
    WORKPLACE = "WORKPLACE", _("Workplace")
    THIRD_PARTY = "THIRD_PARTY", _("Another person")


class ContactPurposeChoice(models.TextChoices):
    """Why somebody is contacted; `Purpose` of messages, and two more that only people have."""

    COLLECTION = "COLLECTION", _("About what is late")
    REMINDER = "REMINDER", _("Reminder")
    SERVICE = "SERVICE", _("About the contract")
    MARKETING = "MARKETING", _("Offer")
    LEARNING = "LEARNING", _("Short lesson")
    LOCATE = "LOCATE", _("To find the borrower")


class GuardDecision(models.Model):
    """
    :ivar address_key: stands for the number or address, and is never the number: the blind index of a phone, or a hash.
    :ivar operator: who wanted to make the contact, as `dashu.users.actors` writes it, or "system:..." and "ai".
    :ivar pack, rules_version: by which rules; the version changes whenever one of the pack's rules of contact does.
    :ivar reasons: codes of `dashu.messaging.guard.Reason`; all of them.
    :ivar conditions: codes of `dashu.messaging.guard.Condition`, which an allowed contact keeps to.
    :ivar message: the message that it is about; None for calls, visits and letters.
    """

    class Verdict(models.TextChoices):
        ALLOW = "ALLOW", _("Allowed")
        ALLOW_WITH_CONDITIONS = "ALLOW_WITH_CONDITIONS", _("Allowed with conditions")
        BLOCK = "BLOCK", _("Contact refused")

    class Stage(models.TextChoices):
        QUEUED = "QUEUED", _("When it was queued")
        SENDING = "SENDING", _("When it was to be sent")
        ASKED = "ASKED", _("When somebody asked")

    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="+", verbose_name=_("borrower"))
    message = models.ForeignKey(
        OutboxMessage,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("message"),
    )
    # Plain dimensions: contact lies below loans.
    loan_ids = ArrayField(models.BigIntegerField(), verbose_name=_("loans"), default=list, db_default=[])
    channel = models.CharField(_("channel"), max_length=8, choices=ContactChannel)
    party = models.CharField(
        _("whom"), max_length=16, choices=ContactParty, default=ContactParty.BORROWER, db_default="BORROWER"
    )
    address_key = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    purpose = models.CharField(_("purpose"), max_length=10, choices=ContactPurposeChoice)
    operator = models.CharField(_("asked by"), max_length=80, default="system", db_default="system")
    stage = models.CharField(_("noticed"), max_length=8, choices=Stage)
    pack = models.CharField(_("pack"), max_length=20, default="", db_default="", blank=True)
    rules_version = models.CharField(_("version of the rules"), max_length=16, default="", db_default="", blank=True)
    verdict = models.CharField(_("decision"), max_length=22, choices=Verdict, default=Verdict.BLOCK, db_default="BLOCK")
    reasons = ArrayField(models.CharField(max_length=20), verbose_name=_("reasons"))
    conditions = ArrayField(models.CharField(max_length=24), verbose_name=_("conditions"), default=list, db_default=[])
    next_allowed_at = models.DateTimeField(_("allowed again"), null=True, blank=True)
    at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("decision on a contact")
        verbose_name_plural = _("decisions on contacts")
        ordering = ["-pk"]
        permissions = [("simulate_guarddecision", "Can try what the contact guard would decide")]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="BLOCK") & ~Q(reasons=[]) | ~Q(verdict="BLOCK"),
                name="messaging_refusal_has_reasons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.get_verdict_display()}"

    @property
    def allows(self) -> bool:
        return self.verdict != self.Verdict.BLOCK


class RefusalManager(models.Manager["ContactRefusal"]):
    def get_queryset(self) -> models.QuerySet["ContactRefusal"]:
        return super().get_queryset().filter(verdict=GuardDecision.Verdict.BLOCK)


class ContactRefusal(GuardDecision):
    """The decisions by which a contact was not made."""

    objects: ClassVar[RefusalManager] = RefusalManager()

    class Meta:
        proxy = True
        verbose_name = _("refused contact")
        verbose_name_plural = _("refused contacts")
        ordering = ["-pk"]


class ContactAttemptQuerySet(models.QuerySet["ContactAttempt"]):
    def visible_to(self, user: Any) -> "ContactAttemptQuerySet":
        """
        Staff whose role grants it see everyone's, or those of the people given to them and what they did themselves;
        nobody else sees any.
        """
        may = user.is_authenticated and user.is_active and user.is_staff
        if not (may and user.has_perm("messaging.view_contactattempt")):
            return self.none()
        return of_people_given(self, user, borrower="borrower") | self.filter(operator=actor_of_user(user))

    def about(self, user: Any) -> "ContactAttemptQuerySet":
        """Return those of the borrower who is signed in, also the ones at others because of them."""
        return self.filter(borrower__user=user.pk)


class ContactAttempt(models.Model):
    """
    A call, a visit or a letter, to somebody or from them.

    One that we make exists from the moment at which the guard allowed it: until an outcome is noted it counts as a
    dial, and on its day as a conversation that may be under way.

    :ivar key: of whoever asked, so that asking twice is asking once.
    :ivar party_ref: which guarantor or other person, as the app that knows them numbers them.
    :ivar address_key: see `GuardDecision`.
    :ivar is_consented: the person asked for this very call. :ivar consent_words: how we know; sealed.
    :ivar visitors: how many come together on a visit.
    :ivar number: what somebody typed for a person of whom nothing else is kept; sealed.
    :ivar number_until: before which the number is shown to `operator`.
    :ivar note: sealed.
    """

    class Direction(models.TextChoices):
        OUT = "OUT", _("From us")
        IN = "IN", _("To us")

    class Outcome(models.TextChoices):
        OPEN = "OPEN", _("Not noted yet")
        RIGHT_PARTY = "RIGHT_PARTY", _("Spoke with the person")
        REFUSED = "REFUSED", _("Spoke, wants no more contact")
        WRONG_PARTY = "WRONG_PARTY", _("Somebody else answered")
        NO_ANSWER = "NO_ANSWER", _("No answer")
        BUSY = "BUSY", _("Busy")
        VOICEMAIL = "VOICEMAIL", _("Voicemail")
        INVALID_NUMBER = "INVALID_NUMBER", _("The number does not exist")
        NOT_MET = "NOT_MET", _("Nobody met")
        SENT = "SENT", _("Posted")
        FAILED = "FAILED", _("Did not come about")

    key = models.CharField(_("key"), max_length=120, unique=True)
    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("borrower")
    )
    loan_ids = ArrayField(models.BigIntegerField(), verbose_name=_("loans"), default=list, db_default=[])
    channel = models.CharField(_("channel"), max_length=8, choices=ContactChannel)
    direction = models.CharField(
        _("direction"), max_length=3, choices=Direction, default=Direction.OUT, db_default="OUT"
    )
    party = models.CharField(
        _("whom"), max_length=16, choices=ContactParty, default=ContactParty.BORROWER, db_default="BORROWER"
    )
    party_ref = models.BigIntegerField(null=True, blank=True, editable=False)
    address_key = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    number = SealedText(_("number"), blank=True, default="", db_default="")
    purpose = models.CharField(_("purpose"), max_length=10, choices=ContactPurposeChoice)
    decision = models.OneToOneField(
        GuardDecision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="attempt",
        verbose_name=_("decision"),
    )
    operator = models.CharField(_("by"), max_length=80)
    started_at = models.DateTimeField(_("begun at"))
    number_until = models.DateTimeField(_("number shown until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=14, choices=Outcome, default=Outcome.OPEN, db_default="OPEN")
    outcome_at = models.DateTimeField(_("noted at"), null=True, blank=True)
    seconds = models.PositiveIntegerField(_("seconds"), null=True, blank=True)
    is_consented = models.BooleanField(pgettext_lazy("contact", "asked for"), default=False, db_default=False)
    consent_words = SealedText(_("how we know that it was asked for"), blank=True, default="", db_default="")
    visitors = models.PositiveSmallIntegerField(_("visitors"), null=True, blank=True)
    note = SealedText(_("note"), blank=True, default="", db_default="")
    cost_minor = models.BigIntegerField(_("cost"), default=0, db_default=0)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    objects = ContactAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact attempt")
        verbose_name_plural = _("contact attempts")
        permissions = [("make_contactattempt", "Can call, visit and write to people")]
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["borrower", "-started_at"], name="messaging_attempts_of_one"),
            models.Index(fields=["started_at"], name="messaging_attempts_by_day"),
            models.Index(fields=["started_at"], condition=Q(outcome="OPEN"), name="messaging_attempts_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction="IN", decision=None) | Q(direction="OUT", decision__isnull=False),
                name="messaging_attempt_was_allowed",
            ),
            models.CheckConstraint(
                condition=~Q(channel__in=["IN_APP", "EMAIL", "SMS"]), name="messaging_attempt_is_no_message"
            ),
            models.CheckConstraint(
                condition=Q(outcome="OPEN", outcome_at=None) | ~Q(outcome="OPEN") & Q(outcome_at__isnull=False),
                name="messaging_outcome_has_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="messaging_attempt_ends_later"
            ),
            models.CheckConstraint(condition=Q(cost_minor__gte=0), name="messaging_attempt_cost"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.get_outcome_display()}"
