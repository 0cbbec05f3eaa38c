"""What a client of the API may do and from where, and its older secret while both are good."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken, Application

from dashu.users.models import Viewer


class ClientAccessQuerySet(models.QuerySet["ClientAccess"]):
    def visible_to(self, user: Viewer) -> Self:
        """Staff see every client, a partner's login sees its own, anyone else sees none."""
        if user.is_authenticated and user.is_active:
            return self if user.is_staff else self.filter(application__user=user, application__user__partner__user=user)
        return self.none()


class ClientAccess(models.Model):
    """
    One for each client that anybody narrowed, or whose secret was changed; a client without one may do everything.

    The secret in use is that of the application, hashed. `earlier_secret` is the hash of the one before it, good until
    `earlier_secret_ends_at`, so that a partner can bring a new secret to its machines one by one.

    :ivar granted_scopes: what the lender lets this client have at most; None for every scope there is.
    :ivar scopes: what the partner wants this client to have at most; None for all that is granted.
    :ivar networks: addresses in CIDR form from which it may call; empty for all.
    :ivar certificates: SHA-256, in hexadecimal, of the certificates of which it has to show one; empty for none.
    :ivar reads_a_minute: None for what the settings say; `writes_a_minute` likewise.
    """

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, related_name="access", verbose_name=_("API client")
    )
    granted_scopes = ArrayField(
        models.CharField(max_length=40), verbose_name=_("scopes granted by the lender"), null=True, blank=True
    )
    scopes = ArrayField(
        models.CharField(max_length=40), verbose_name=_("scopes chosen by the partner"), null=True, blank=True
    )
    networks = ArrayField(
        models.CharField(max_length=43),
        verbose_name=_("networks"),
        blank=True,
        default=list,
        db_default=Value([], ArrayField(models.CharField(max_length=43))),
    )
    certificates = ArrayField(
        models.CharField(max_length=64),
        verbose_name=_("certificates"),
        blank=True,
        default=list,
        db_default=Value([], ArrayField(models.CharField(max_length=64))),
    )
    reads_a_minute = models.PositiveIntegerField(_("reads a minute"), null=True, blank=True)
    writes_a_minute = models.PositiveIntegerField(_("writes a minute"), null=True, blank=True)
    secret_made_at = models.DateTimeField(_("secret made at"), null=True, blank=True)
    earlier_secret = models.CharField(max_length=255, blank=True, default="", db_default="", editable=False)
    earlier_secret_ends_at = models.DateTimeField(_("earlier secret ends at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    objects = ClientAccessQuerySet.as_manager()

    class Meta:
        verbose_name = _("access of a client")
        verbose_name_plural = _("access of clients")
        constraints = [
            models.CheckConstraint(
                condition=Q(earlier_secret="", earlier_secret_ends_at=None)
                | (~Q(earlier_secret="") & Q(earlier_secret_ends_at__isnull=False)),
                name="api_earlier_secret_ends",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.application_id}"

    def allowed(self, scopes: Iterable[str]) -> list[str]:
        """Return those of the scopes that a token of this client may have."""
        bounds = [set(bound) for bound in (self.granted_scopes, self.scopes) if bound is not None]
        return [scope for scope in scopes if all(scope in bound for bound in bounds)]

    def has_earlier_secret(self, *, at: datetime) -> bool:
        """Tell whether the secret before the latest is still good."""
        return self.earlier_secret_ends_at is not None and at < self.earlier_secret_ends_at


class TokenBinding(models.Model):
    """The certificate that was shown when a token was got: the token works with it and no other (RFC 8705)."""

    token = models.OneToOneField(AccessToken, on_delete=models.CASCADE, primary_key=True, related_name="binding")
    certificate = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("certificate of a token")
        verbose_name_plural = _("certificates of tokens")

    def __str__(self) -> str:
        return f"{self.token_id}: {self.certificate[:8]}"
