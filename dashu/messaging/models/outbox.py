"""
The outbox: every message to a borrower is a row before it is anything else.

Whoever has something to tell writes a row in their own transaction; a task sends it later. `dedupe_key` makes telling
twice the same as telling once. Defaults live in the database, because the nightly close inserts rows by SQL.
"""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.reach import of_people_given
from dashu.users.models import Borrower, Viewer
from dashu.users.sealing import SealedText


class Purpose(models.TextChoices):
    """Why a message is sent. Borrowers may stop the others; what the law or the contract asks for stays SERVICE."""

    SERVICE = "SERVICE", _("About the contract")
    REMINDER = "REMINDER", _("Reminder")
    MARKETING = "MARKETING", _("Offer")
    LEARNING = "LEARNING", _("Short lesson")


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    def visible_to(self, user: Viewer) -> Self:
        """
        Staff whose role grants it see everyone's, or those of the people given to them; a borrower sees what was sent
        to them, anyone else sees none.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            may = user.has_perm("messaging.view_outboxmessage")
            return of_people_given(self, user, borrower="borrower") if may else self.none()
        return self.filter(borrower__user=user, status=OutboxMessage.Status.SENT)

    def unread(self) -> Self:
        """Return the notices in the borrower's own account that they have not opened."""
        return self.filter(channel=OutboxMessage.Channel.IN_APP, status=OutboxMessage.Status.SENT, read_at=None)


class OutboxMessage(models.Model):
    """
    :ivar purpose: what the contact guard judges it by.
    :ivar reminds_on: the day whose one reminder this is; the day's `ReminderLine` rows of the borrower say of what.
    :ivar is_uncertain: an attempt ended without an answer, so the provider may have it: it is asked before a new one.
    :ivar decision: the guard's, by which it left; the database lets none be sent outside the account without one.
    :ivar address: where it went; sealed.
    :ivar address_key: what stands for that address where messages to it are put together: the e-mail address itself, or
        the blind index of a phone, `Borrower.phone_index`; empty for the borrower's own account.
    :ivar read_at: when the borrower first opened it in their account.
    :ivar delivery: what the provider told since, the weightiest; empty while it told nothing.
    """

    class Channel(models.TextChoices):
        IN_APP = "IN_APP", _("In the borrower's account")
        EMAIL = "EMAIL", _("E-mail")
        SMS = "SMS", _("Text message")

    class Status(models.TextChoices):
        PENDING = "PENDING", _("Waiting")
        SENDING = "SENDING", _("Being sent")
        SENT = "SENT", _("Sent")
        FAILED = "FAILED", _("Not sent")
        CANCELLED = "CANCELLED", _("Cancelled")
        BLOCKED = "BLOCKED", _("Not allowed")

    class Delivery(models.TextChoices):
        DELIVERED = "DELIVERED", _("Delivered")
        FAILED = "FAILED", _("Could not be delivered")
        BOUNCED = "BOUNCED", _("Address does not exist")
        COMPLAINED = "COMPLAINED", _("Marked as unwanted")

    dedupe_key = models.CharField(_("key"), max_length=200, unique=True)
    borrower = models.ForeignKey(Borrower, on_delete=models.PROTECT, related_name="+", verbose_name=_("borrower"))
    # A plain dimension: messages lie below loans.
    loan_id = models.BigIntegerField(_("loan"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, db_default=Channel.IN_APP)
    template = models.CharField(_("template"), max_length=60)
    params = models.JSONField(_("values"), db_default=Value({}, models.JSONField()), default=dict)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose, db_default=Purpose.SERVICE)
    reminds_on = models.DateField(_("reminder of"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default=Status.PENDING)
    not_before = models.DateTimeField(_("not before"), db_default=Now())
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), db_default=0)
    is_uncertain = models.BooleanField(_("outcome unknown"), db_default=False)
    error = models.TextField(_("error"), blank=True, db_default="")
    provider_reference = models.TextField(_("provider's reference"), blank=True, db_default="")
    delivery = models.CharField(_("delivery"), max_length=10, choices=Delivery, blank=True, db_default="")
    delivery_at = models.DateTimeField(_("told at"), null=True, blank=True)
    wording = models.ForeignKey(
        "messaging.WordingVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("text version"),
    )
    decision = models.ForeignKey(
        "messaging.GuardDecision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("decision"),
    )
    address = SealedText(_("sent to"), blank=True, db_default="")
    address_key = models.CharField(max_length=254, blank=True, db_default="", editable=False)
    # What was really said, kept when it is sent: templates change, evidence does not.
    subject = models.TextField(_("subject line"), blank=True, db_default="")
    body = models.TextField(_("text"), blank=True, db_default="")

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        permissions = [("rescue_outboxmessage", "Can try messages again or cancel them")]
        indexes = [
            models.Index(fields=["not_before", "id"], name="outbox_due", condition=Q(status="PENDING")),
            models.Index(fields=["claimed_at"], name="outbox_being_sent", condition=Q(status="SENDING")),
            models.Index(fields=["loan_id"], name="outbox_loan_waiting", condition=Q(status="PENDING")),
            models.Index(fields=["borrower", "sent_at"], name="outbox_contacts", condition=~Q(purpose="SERVICE")),
            # What may have reached somebody already: the guard counts it with what was sent.
            models.Index(
                fields=["borrower"],
                name="outbox_on_its_way",
                condition=(Q(status="SENDING") | Q(is_uncertain=True)) & ~Q(purpose="SERVICE"),
            ),
            models.Index(fields=["id"], name="outbox_dead", condition=Q(status="FAILED")),
            # What left the house and can be stopped, by day: the overview of the desk counts and lists it.
            models.Index(
                fields=["sent_at", "id"],
                name="outbox_sent_outside",
                condition=Q(status="SENT") & ~Q(purpose="SERVICE") & ~Q(channel="IN_APP"),
            ),
            # The borrower's own pages: what was sent to them, the latest first, and how much of it is unread.
            models.Index(fields=["borrower", "-sent_at", "-id"], name="outbox_sent", condition=Q(status="SENT")),
            models.Index(
                fields=["borrower"], name="outbox_unread", condition=Q(channel="IN_APP", status="SENT", read_at=None)
            ),
            models.Index(
                fields=["sent_at"],
                name="outbox_unread_since",
                condition=Q(channel="IN_APP", status="SENT", read_at=None, purpose="SERVICE"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.get_status_display()}"
