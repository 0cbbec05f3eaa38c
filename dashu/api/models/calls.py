"""Which calls there were, without anything about a person, and their sums by the hour."""

from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import Application

from dashu.users.models import Partner, Viewer


class ApiCallQuerySet(models.QuerySet["ApiCall"]):
    def visible_to(self, user: Viewer) -> Self:
        """Staff see every call, a partner's login sees its own, anyone else sees none."""
        if user.is_authenticated and user.is_active:
            return self if user.is_staff else self.filter(partner__user=user)
        return self.none()


class ApiCall(models.Model):
    """
    One request and its answer: who, what, how it ended and how long it took. Neither addresses of resources nor
    parameters or bodies are kept, and of the caller's address only the network.

    No row is held by these foreign keys: a log has to cost a call nothing and to survive what it names.

    :ivar partner: None where the caller showed no token that is good; `client` likewise.
    :ivar operation: the `operationId` of the schema, `get_token`, or empty where the API has no such address.
    :ivar code: the stable code of the problem, empty for what was not refused.
    :ivar network: the first 24 bits of an IPv4 address, 48 of an IPv6 one, such as 203.0.113.0/24.
    """

    at = models.DateTimeField(_("at"), db_default=Now())
    partner = models.ForeignKey(
        Partner,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("partner"),
    )
    client = models.ForeignKey(
        Application,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("API client"),
    )
    operation = models.CharField(_("operation"), max_length=80, blank=True)
    method = models.CharField(_("method"), max_length=8)
    status = models.PositiveSmallIntegerField(_("status"))
    code = models.CharField(_("code"), max_length=60, blank=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    request_bytes = models.PositiveBigIntegerField(_("bytes of the request"))
    response_bytes = models.PositiveBigIntegerField(_("bytes of the answer"))
    request_id = models.UUIDField(_("request id"), db_index=True)
    is_replay = models.BooleanField(_("answered before"), db_default=False, default=False)
    network = models.CharField(_("network"), max_length=43, blank=True)

    objects = ApiCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("API call")
        verbose_name_plural = _("API calls")
        indexes = [
            models.Index(fields=["partner", "-at", "-id"], name="api_call_of_partner"),
            models.Index(fields=["partner", "-id"], name="api_call_of_partner_newest"),
            BrinIndex(fields=["at"], name="api_call_at"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.operation} {self.status}"


class ApiUsage(models.Model):
    """What the calls of one partner, client and operation sum up to in one hour that is over."""

    hour = models.DateTimeField(_("hour"))
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    client = models.ForeignKey(
        Application, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    operation = models.CharField(_("operation"), max_length=80, blank=True)
    calls = models.PositiveIntegerField(_("calls"))
    refused = models.PositiveIntegerField(_("refused"), help_text=_("Answered with a status from 400 to 499."))
    limited = models.PositiveIntegerField(_("limited"), help_text=_("Refused because there were too many."))
    failed = models.PositiveIntegerField(_("failed"), help_text=_("Answered with a status of 500 or above."))
    replayed = models.PositiveIntegerField(_("answered before"))
    milliseconds = models.PositiveBigIntegerField(_("milliseconds"))
    slowest = models.PositiveIntegerField(_("slowest call in milliseconds"))
    request_bytes = models.PositiveBigIntegerField(_("bytes of the requests"))
    response_bytes = models.PositiveBigIntegerField(_("bytes of the answers"))

    class Meta:
        verbose_name = _("API usage of an hour")
        verbose_name_plural = _("API usage by the hour")
        constraints = [
            models.UniqueConstraint(fields=["partner", "hour", "client", "operation"], name="api_usage_once_an_hour")
        ]
        indexes = [models.Index(fields=["hour"], name="api_usage_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.calls}"
