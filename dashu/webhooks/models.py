"""
What partners are told, to whom it is brought, and what became of bringing it.

An event is written in the transaction of the write that it tells of. Its position in the feed is given once it is
committed, see `dashu.webhooks.services.positions`; in the same statement each endpoint that wants it gets a delivery.
Defaults live in the database, because the nightly close and the sequencer insert rows by SQL.
"""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Partner, Viewer
from dashu.users.sealing import SealedText


class _OfPartner(models.QuerySet):
    partner_path = "partner"

    def visible_to(self, user: Viewer) -> Self:
        """Staff whose role grants it see everyone's, a partner's login sees its own, anyone else sees none."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            may = user.has_perm(f"webhooks.view_{self.model._meta.model_name}")
            return self if may else self.none()
        return self.filter(**{f"{self.partner_path}__user": user})


class PartnerEventQuerySet(_OfPartner):
    """Events of a partner."""


class PartnerEvent(models.Model):
    """
    One thing that happened to what a partner brought. It is never changed, and kept for 90 days.

    :ivar key: names it in the API; also the `webhook-id` under which it is delivered, however often.
    :ivar type: a key of `dashu.webhooks.catalog.CATALOG`, which says what `data` holds.
    :ivar subject: what it is about: a loan's number, an application's reference; "" for nothing in particular.
    :ivar data: ids, amounts, codes and dates; nothing that says who somebody is.
    :ivar version: of the form of `data`.
    :ivar business_date: the lender's day for which it counts, where that is not simply the day of `happened_at`.
    :ivar position: its place in the partner's feed, counted from 1 and given after commit; rising with every later
        commit. None until then.
    """

    key = models.UUIDField(_("event"), unique=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("partner")
    )
    type = models.CharField(_("type"), max_length=60)
    subject = models.CharField(_("about"), max_length=60, blank=True, db_default="", default="")
    data = models.JSONField(_("data"), db_default=Value({}, models.JSONField()), default=dict)
    version = models.PositiveSmallIntegerField(_("version"), db_default=1, default=1)
    happened_at = models.DateTimeField(_("happened at"), db_default=Now(), editable=False)
    business_date = models.DateField(_("business date"), null=True, blank=True)
    position = models.BigIntegerField(_("position"), null=True, blank=True, editable=False)

    objects = PartnerEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event of a partner")
        verbose_name_plural = _("events of partners")
        constraints = [models.UniqueConstraint(fields=["partner", "position"], name="webhooks_event_place")]
        indexes = [
            models.Index(fields=["partner", "subject", "position"], name="webhooks_event_subject"),
            models.Index(fields=["id"], condition=Q(position=None), name="webhooks_event_unplaced"),
            models.Index(fields=["happened_at"], name="webhooks_event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class FeedStart(models.Model):
    """
    Where a partner's feed begins since old events were deleted.

    :ivar deleted_through: the highest position of theirs that is gone; a cursor before it missed something.
    """

    partner = models.OneToOneField(
        Partner, on_delete=models.CASCADE, primary_key=True, related_name="+", verbose_name=_("partner")
    )
    deleted_through = models.BigIntegerField(_("deleted through position"))

    class Meta:
        verbose_name = _("start of a feed")
        verbose_name_plural = _("starts of feeds")

    def __str__(self) -> str:
        return f"{self.partner_id}: {self.deleted_through}"


class WebhookEndpointQuerySet(_OfPartner):
    def kept(self) -> Self:
        """Return those that were not deleted."""
        return self.filter(deleted_at=None)

    def in_use(self) -> Self:
        """Return those to which events are posted."""
        return self.kept().filter(status="ENABLED", partner__is_active=True)


class WebhookEndpoint(models.Model):
    """
    An address of a partner to which events are posted.

    :ivar key: names it in the API.
    :ivar types: the event types that it wants; empty for all.
    :ivar version: the form of the payload, pinned when it was made.
    :ivar previous_secret: signs too until `previous_until`, so that a receiver has time to change over.
    :ivar verified_at: when the present address echoed a challenge; nothing else is sent before.
    :ivar failing_since: the first of an unbroken run of failures; None after any success.
    :ivar told_dead_at: when the partner was told that deliveries were given up in this run of failures.
    :ivar paused_until: the receiver asked for patience.
    :ivar claimed_by: the run of the sender that serves it now, until `claimed_until`; one at a time does.
    :ivar deleted_at: deleted by the partner; the row stays as long as its deliveries do.
    """

    class Status(models.TextChoices):
        UNVERIFIED = "UNVERIFIED", _("Not verified")
        ENABLED = "ENABLED", _("Enabled")
        DISABLED = "DISABLED", _("Disabled")

    class Reason(models.TextChoices):
        BY_PARTNER = "BY_PARTNER", _("Switched off by the partner")
        GONE = "GONE", _("The receiver answered 410 Gone")
        FAILING = "FAILING", _("Nothing but failures for days")

    key = models.UUIDField(_("endpoint"), unique=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", verbose_name=_("partner"))
    url = models.CharField(_("address"), max_length=500)
    description = models.CharField(_("description"), max_length=200, blank=True, db_default="", default="")
    types = ArrayField(
        models.CharField(max_length=60), verbose_name=_("types"), default=list, db_default=[], blank=True
    )
    version = models.PositiveSmallIntegerField(_("version"), db_default=1, default=1)
    secret = SealedText(_("secret"))
    previous_secret = SealedText(_("secret before"), blank=True, db_default="", default="")
    previous_until = models.DateTimeField(_("secret before signs until"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default=Status.UNVERIFIED)
    disabled_reason = models.CharField(
        _("why disabled"), max_length=10, choices=Reason, blank=True, db_default="", default=""
    )
    disabled_at = models.DateTimeField(_("disabled at"), null=True, blank=True)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    told_dead_at = models.DateTimeField(_("partner told at"), null=True, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    claimed_by = models.UUIDField(_("served by"), null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(_("served until"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="ENABLED") | Q(verified_at__isnull=False, deleted_at=None),
                name="webhooks_enabled_is_verified",
            ),
            models.CheckConstraint(
                condition=~Q(status="DISABLED") | (~Q(disabled_reason="") & Q(disabled_at__isnull=False)),
                name="webhooks_disabled_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookDeliveryQuerySet(_OfPartner):
    partner_path = "endpoint__partner"


class WebhookDelivery(models.Model):
    """
    One event on its way to one endpoint.

    :ivar key: names it in the API.
    :ivar attempts: how often it was tried since it was last queued; decides when the next try is.
    :ivar tried: how often it was tried at all; numbers its attempts.
    :ivar next_at: when it is due; meaningful while it is pending.
    """

    class Status(models.TextChoices):
        PENDING = "PENDING", _("Waiting")
        DELIVERED = "DELIVERED", _("Delivered")
        DEAD = "DEAD", _("Given up")
        CANCELLED = "CANCELLED", _("Cancelled")

    key = models.UUIDField(_("delivery"), unique=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    event = models.ForeignKey(PartnerEvent, on_delete=models.CASCADE, related_name="+", verbose_name=_("event"))
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False, verbose_name=_("endpoint")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, db_default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(_("tries"), db_default=0, default=0)
    tried = models.PositiveIntegerField(_("tries in all"), db_default=0, default=0)
    next_at = models.DateTimeField(_("due at"), db_default=Now())
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        permissions = [("replay_webhookdelivery", "Can send webhook deliveries again")]
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="webhooks_event_once_per_endpoint")]
        indexes = [
            models.Index(fields=["endpoint", "next_at", "id"], condition=Q(status="PENDING"), name="webhooks_due"),
            models.Index(fields=["endpoint", "id"], name="webhooks_delivery_list"),
            models.Index(fields=["endpoint", "id"], condition=Q(status="DEAD"), name="webhooks_dead"),
        ]

    def __str__(self) -> str:
        return str(self.key)


class WebhookAttemptQuerySet(_OfPartner):
    partner_path = "delivery__endpoint__partner"


class WebhookAttempt(models.Model):
    """
    One try to deliver.

    :ivar status_code: what the receiver answered; None where there was no answer.
    :ivar failure: why it does not count as delivered; "" where it does.
    :ivar answer: the beginning of what the receiver answered, with long digits and addresses blotted out.
    """

    class Failure(models.TextChoices):
        STATUS = "STATUS", _("The answer was not 2xx")
        REDIRECT = "REDIRECT", _("The answer was a redirect, which is not followed")
        TIMEOUT = "TIMEOUT", _("No whole answer in time")
        CONNECTION = "CONNECTION", _("No connection, or it broke off")
        TLS = "TLS", _("The certificate was not accepted")
        NAME = "NAME", _("The name could not be resolved")
        ADDRESS = "ADDRESS", _("The name leads to an address that is not allowed")
        PROTOCOL = "PROTOCOL", _("The answer was not HTTP")

    delivery = models.ForeignKey(
        WebhookDelivery,
        on_delete=models.CASCADE,
        related_name="attempts_made",
        db_index=False,
        verbose_name=_("delivery"),
    )
    number = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("at"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    failure = models.CharField(_("failure"), max_length=10, choices=Failure, blank=True, db_default="", default="")
    answer = models.CharField(_("answer"), max_length=1024, blank=True, db_default="", default="")

    objects = WebhookAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("try to deliver")
        verbose_name_plural = _("tries to deliver")
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="webhooks_attempt_numbers")]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number}"
