"""What a client of the API may do, from where, and with which secret: everything that changes it."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_network

from django.conf import settings
from django.contrib.auth.hashers import identify_hasher, make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken, Application
from oauth2_provider.scopes import get_scopes_backend

from dashu.api.callers import thumbprint
from dashu.api.models import ClientAccess
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError, InvalidInput

GRACE = timedelta(days=7)
LONGEST_GRACE = timedelta(days=90)
MOST_NETWORKS = 50
MOST_CERTIFICATES = 10


class ClientNotFound(DomainError):
    """There is no such client."""

    code = "client_not_found"
    http_status = 404


class TwoSecretsInUse(DomainError):
    """The secret before the latest is still good, and a client has two at most."""

    code = "two_secrets_in_use"
    http_status = 409


class OneSecretInUse(DomainError):
    """The client has one secret only, without which it could do nothing."""

    code = "one_secret_in_use"
    http_status = 409


class ScopeNotGranted(DomainError):
    """The lender has not granted this scope to the client, or there is no such scope."""

    code = "scope_not_granted"


class InvalidNetwork(DomainError):
    """The text is no network in CIDR form."""

    code = "invalid_network"


class InvalidThumbprint(DomainError):
    """The text is neither the SHA-256 of a certificate nor a certificate."""

    code = "invalid_thumbprint"


class CertificatesNotRead(DomainError):
    """This installation reads no certificates of clients, so a client that needs one could do nothing."""

    code = "certificates_not_read"
    http_status = 409


class Secret(StrEnum):
    """Which of two secrets."""

    EARLIER = "EARLIER"
    LATEST = "LATEST"


@transaction.atomic
def rotate_secret(*, application_id: int, now: datetime, actor: str, grace: timedelta = GRACE) -> str:
    """
    Give the client a new secret and return it: nobody can read it again.

    :param grace: how long the secret so far stays good beside it; with none, it ends at once, and every token with it.
    :raises TwoSecretsInUse: a grace from before is not over.
    """
    application, access = _lock(application_id)
    if access.has_earlier_secret(at=now):
        raise TwoSecretsInUse(_("This client has two secrets. End the one that is not needed, then make a new one."))
    if not timedelta(0) <= grace <= LONGEST_GRACE:
        raise InvalidInput(
            _("The earlier secret can stay good for %(days)s days at most."),
            field="grace",
            params={"days": LONGEST_GRACE.days},
        )
    secret = secrets.token_urlsafe(48)
    access.earlier_secret = _hashed(application.client_secret) if grace else ""
    access.earlier_secret_ends_at = now + grace if grace else None
    _set_secret(application, access, make_password(secret), now=now)
    if not grace:
        AccessToken.objects.filter(application=application).delete()
    _note("api.secret_rotated", application, actor, earlier_ends_at=access.earlier_secret_ends_at)
    return secret


@transaction.atomic
def end_secret(*, application_id: int, which: Secret, now: datetime, actor: str, ends_tokens: bool = True) -> None:
    """
    End one of two secrets at once.

    :param ends_tokens: also end every token of the client, because nobody knows by which secret one was got.
    :raises OneSecretInUse: the other one is over already.
    """
    application, access = _lock(application_id)
    if not access.has_earlier_secret(at=now):
        raise OneSecretInUse(_("This client has one secret only. Make a new one first."))
    latest = access.earlier_secret if which is Secret.LATEST else application.client_secret
    access.earlier_secret, access.earlier_secret_ends_at = "", None
    _set_secret(application, access, latest, now=access.secret_made_at)
    if ends_tokens:
        AccessToken.objects.filter(application=application).delete()
    _note("api.secret_ended", application, actor, which=which, ends_tokens=ends_tokens)


@transaction.atomic
def set_access(
    *,
    application_id: int,
    scopes: Collection[str] | None,
    networks: Sequence[str],
    certificates: Sequence[str],
    actor: str,
) -> ClientAccess:
    """
    Narrow what a client may do, as its partner wants it; tokens that are out have no more from now on.

    :param scopes: None for all that the lender grants.
    :param networks: in CIDR form; none for any address.
    :param certificates: SHA-256 of those it may show, or the certificates themselves; none to ask for none.
    :raises ScopeNotGranted, InvalidNetwork, InvalidThumbprint, CertificatesNotRead: of `set_grant` and the settings.
    """
    application, access = _lock(application_id)
    access.scopes = None if scopes is None else _granted(scopes, access)
    access.networks = _networks(networks)
    access.certificates = _certificates(certificates)
    access.save(update_fields=["scopes", "networks", "certificates"])
    _note(
        "api.access_set",
        application,
        actor,
        scopes=access.scopes,
        networks=access.networks,
        certificates=access.certificates,
    )
    return access


@transaction.atomic
def set_grant(
    *,
    application_id: int,
    granted_scopes: Collection[str] | None,
    reads_a_minute: int | None,
    writes_a_minute: int | None,
    actor: str,
) -> ClientAccess:
    """
    Say what the lender lets a client have at most.

    :param granted_scopes: None for every scope there is.
    :param reads_a_minute: None for what the settings say; `writes_a_minute` likewise.
    """
    application, access = _lock(application_id)
    for field, limit in (("reads_a_minute", reads_a_minute), ("writes_a_minute", writes_a_minute)):
        if limit is not None and not 1 <= limit <= 1_000_000:
            raise InvalidInput(_("Write a number from 1 to 1,000,000, or leave it empty."), field=field)
    access.granted_scopes = None
    access.granted_scopes = None if granted_scopes is None else _granted(granted_scopes, access)
    access.reads_a_minute, access.writes_a_minute = reads_a_minute, writes_a_minute
    access.save(update_fields=["granted_scopes", "reads_a_minute", "writes_a_minute"])
    _note(
        "api.grant_set",
        application,
        actor,
        granted_scopes=access.granted_scopes,
        reads_a_minute=reads_a_minute,
        writes_a_minute=writes_a_minute,
    )
    return access


def _lock(application_id: int) -> tuple[Application, ClientAccess]:
    application = Application.objects.select_for_update().filter(pk=application_id).first()
    if application is None:
        raise ClientNotFound(_("There is no such client."))
    return application, ClientAccess.objects.get_or_create(application=application)[0]


def _set_secret(application: Application, access: ClientAccess, hashed: str, *, now: datetime | None) -> None:
    application.client_secret, application.hash_client_secret = hashed, True
    application.save(update_fields=["client_secret", "hash_client_secret", "updated"])
    access.secret_made_at = now
    access.save(update_fields=["earlier_secret", "earlier_secret_ends_at", "secret_made_at"])


def _hashed(secret: str) -> str:
    """A client may have been registered with its secret in the clear."""
    try:
        identify_hasher(secret)
    except ValueError:
        return make_password(secret)
    return secret


def _granted(scopes: Collection[str], access: ClientAccess) -> list[str]:
    known = get_scopes_backend().get_all_scopes()
    granted = known if access.granted_scopes is None else access.granted_scopes
    for scope in scopes:
        if scope not in known or scope not in granted:
            raise ScopeNotGranted(
                _("The scope %(scope)s is not granted to this client."), field="scopes", params={"scope": scope[:40]}
            )
    return [scope for scope in known if scope in scopes]


def _networks(texts: Sequence[str]) -> list[str]:
    if len(texts) > MOST_NETWORKS:
        raise InvalidInput(_("At most %(bound)s can be named."), field="networks", params={"bound": MOST_NETWORKS})
    try:
        return list(dict.fromkeys(str(ip_network(text.strip(), strict=False)) for text in texts))
    except ValueError as error:
        raise InvalidNetwork(
            _("Write networks such as 203.0.113.0/24 or 2001:db8::/32, one a line."), field="networks"
        ) from error


def _certificates(texts: Sequence[str]) -> list[str]:
    if texts and not settings.CLIENT_CERTIFICATE_HEADER:
        raise CertificatesNotRead(
            _("Certificates of clients are not read here. Ask the lender to switch that on."), field="certificates"
        )
    if len(texts) > MOST_CERTIFICATES:
        raise InvalidInput(
            _("At most %(bound)s can be named."), field="certificates", params={"bound": MOST_CERTIFICATES}
        )
    try:
        return list(dict.fromkeys(thumbprint(text) for text in texts))
    except ValueError as error:
        raise InvalidThumbprint(
            _("Write the SHA-256 of a certificate as 64 hexadecimal digits, or the certificate as PEM."),
            field="certificates",
        ) from error


def _note(action: str, application: Application, actor: str, **data: object) -> None:
    audit.record(action=action, subject_type="api_client", subject_id=application.client_id, actor=actor, data=data)
