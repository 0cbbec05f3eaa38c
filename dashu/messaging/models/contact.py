"""
How a borrower may be reached: what they prefer, what they stopped, what was agreed, and which address works.

`dashu.messaging.guard` reads all of it and decides; nothing else does.
"""

from datetime import date, time

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.messaging.models.outbox import OutboxMessage, Purpose
from dashu.users.models import Borrower

Channel = OutboxMessage.Channel


class ContactPreference(models.Model):
    """
    What a borrower asked for. A borrower without a row has no wish.

    :ivar time_zone: where they live, an IANA name; empty for the zone of the rule `contact.hours`. The database takes
        none that it does not know (migration 0005), because one such row would hold up everybody's messages.
    :ivar hours_from, hours_to: in their zone, when they like to be reached outside their account; both or neither. The
        rule `contact.hours` stays the outer bound.
    :ivar agreed_from, agreed_to: in their zone, hours beyond those of the rule in which they agreed to be called or
        visited; both or neither.
    :ivar agreed_until: the last day of the lender's on which that holds; None until they take it back.
    :ivar home_agreed_at, work_agreed_at: since when they may be visited at home, and contacted at work, because they
        agreed to it; None where they did not, or took it back.
    :ivar home_agreed_until, work_agreed_until: as `agreed_until`.
    :ivar calls_wanted_at: when they last said that we may call: what they refused before that no longer stops calls.
    :ivar paused_until: the moment before which no reminder leaves the house.
    :ivar wants_notices: an e-mail when a message in their account stays unread, see `services.tell_of_unread`.
    """

    borrower = models.OneToOneField(
        Borrower, on_delete=models.PROTECT, primary_key=True, related_name="+", verbose_name=_("borrower")
    )
    channel = models.CharField(_("preferred channel"), max_length=8, choices=Channel, blank=True, db_default="")
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True, db_default="")
    hours_from = models.TimeField(_("reach from"), null=True, blank=True)
    hours_to = models.TimeField(_("reach until"), null=True, blank=True)
    agreed_from = models.TimeField(_("calls agreed from"), null=True, blank=True)
    agreed_to = models.TimeField(_("calls agreed until"), null=True, blank=True)
    agreed_until = models.DateField(_("last day of the agreed hours"), null=True, blank=True)
    home_agreed_at = models.DateTimeField(_("visits at home agreed"), null=True, blank=True)
    home_agreed_until = models.DateField(_("last day of visits at home"), null=True, blank=True)
    work_agreed_at = models.DateTimeField(_("contact at work agreed"), null=True, blank=True)
    work_agreed_until = models.DateField(_("last day of contact at work"), null=True, blank=True)
    calls_wanted_at = models.DateTimeField(_("calls wanted since"), null=True, blank=True)
    paused_until = models.DateTimeField(_("reminders paused until"), null=True, blank=True)
    wants_notices = models.BooleanField(_("e-mail about unread messages"), default=True, db_default=True)

    class Meta:
        verbose_name = _("contact preference")
        verbose_name_plural = _("contact preferences")
        constraints = [
            models.CheckConstraint(
                condition=Q(hours_from=None, hours_to=None)
                | Q(hours_from__isnull=False, hours_to__isnull=False, hours_from__lt=F("hours_to")),
                name="messaging_hours_open_before_they_close",
            ),
            models.CheckConstraint(
                condition=Q(agreed_from=None, agreed_to=None)
                | Q(agreed_from__isnull=False, agreed_to__isnull=False, agreed_from__lt=F("agreed_to")),
                name="messaging_agreed_hours_open_first",
            ),
            models.CheckConstraint(
                condition=(Q(home_agreed_until=None) | Q(home_agreed_at__isnull=False))
                & (Q(work_agreed_until=None) | Q(work_agreed_at__isnull=False)),
                name="messaging_last_day_of_something_agreed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id}: {self.channel}"

    def agreed_hours_on(self, day: date) -> tuple[time, time] | None:
        if self.agreed_from is None or self.agreed_to is None or not _holds_on(self.agreed_until, day):
            return None
        return self.agreed_from, self.agreed_to

    def may_visit_home_on(self, day: date) -> bool:
        return self.home_agreed_at is not None and _holds_on(self.home_agreed_until, day)

    def may_contact_work_on(self, day: date) -> bool:
        return self.work_agreed_at is not None and _holds_on(self.work_agreed_until, day)


def _holds_on(last_day: date | None, day: date) -> bool:
    return last_day is None or day <= last_day


class OptOut(models.Model):
    """A borrower wants no messages of this purpose on this channel. It holds until `ended_at`; rows are kept."""

    class Source(models.TextChoices):
        LINK = "LINK", _("Link in a message")
        SETTINGS = "SETTINGS", _("Own settings")
        PROVIDER = "PROVIDER", _("Told by the provider")
        STAFF = "STAFF", _("Entered by staff")

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("borrower")
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    made_at = models.DateTimeField(_("since"), db_default=Now())
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "channel", "purpose"], condition=Q(ended_at=None), name="messaging_opt_out_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    channel__in=[Channel.EMAIL, Channel.SMS],
                    purpose__in=[Purpose.REMINDER, Purpose.MARKETING, Purpose.LEARNING],
                ),
                name="messaging_opt_out_of_what_can_be_stopped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.channel} {self.purpose}"


class ContactPoint(models.Model):
    """
    What past deliveries say of one address. A borrower who gives a new one begins anew: only the present one counts.

    :ivar address_key: see `OutboxMessage`.
    :ivar failures: deliveries that failed since the latest that arrived.
    :ivar invalid_since: the provider says that nobody is reached there, or too many in a row failed.
    """

    borrower = models.ForeignKey(
        Borrower, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("borrower")
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    address_key = models.CharField(_("address"), max_length=254)
    delivered_at = models.DateTimeField(_("latest delivery"), null=True, blank=True)
    failed_at = models.DateTimeField(_("latest failure"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), db_default=0)
    invalid_since = models.DateTimeField(_("invalid since"), null=True, blank=True)

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        constraints = [
            models.UniqueConstraint(fields=["borrower", "channel", "address_key"], name="messaging_contact_point_once")
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.channel}"


class DeliveryReceipt(models.Model):
    """What a provider told of one message, once for each of its events, in whatever order they came."""

    class Kind(models.TextChoices):
        DELIVERED = "DELIVERED", _("Delivered")
        BOUNCED = "BOUNCED", _("Address does not exist")
        FAILED = "FAILED", _("Could not be delivered")
        COMPLAINED = "COMPLAINED", _("Marked as unwanted")
        OPTED_OUT = "OPTED_OUT", _("Opted out")

    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(_("event"), max_length=120)
    message = models.ForeignKey(
        OutboxMessage, on_delete=models.PROTECT, related_name="receipts", verbose_name=_("message")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    occurred_at = models.DateTimeField(_("occurred at"))
    received_at = models.DateTimeField(_("received at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("delivery receipt")
        verbose_name_plural = _("delivery receipts")
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="messaging_receipt_once")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.kind}"
