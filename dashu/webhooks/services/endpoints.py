"""
The addresses to which a partner has events posted.

Nothing but a challenge is sent to an address before it echoed that, signed like everything else; a new address is a new
one. So nobody is flooded who did not ask for it, and a mistyped address is noticed at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.alerts.services import end_alert
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.users.models import Partner
from dashu.webhooks.addresses import read_target
from dashu.webhooks.catalog import CATALOG, PAYLOAD_VERSION, VERSIONS
from dashu.webhooks.models import WebhookDelivery, WebhookEndpoint
from dashu.webhooks.services.recording import record
from dashu.webhooks.signing import new_secret

Status, Reason = WebhookEndpoint.Status, WebhookEndpoint.Reason
MOST_ENDPOINTS = 10
BOTH_SIGN_FOR = timedelta(hours=24)


class EndpointNotFound(DomainError):
    """There is no such webhook endpoint, or it is somebody else's."""

    code = "webhook_endpoint_not_found"
    http_status = 404


class TooManyEndpoints(DomainError):
    """A partner has at most 10 webhook endpoints."""

    code = "too_many_webhook_endpoints"
    http_status = 409


class UnknownEventType(DomainError):
    """There is no such type of event."""

    code = "unknown_event_type"


class UnknownPayloadVersion(DomainError):
    """There is no such version of the payload."""

    code = "unknown_payload_version"


class EndpointNotVerified(DomainError):
    """The endpoint has not echoed a challenge at its present address yet."""

    code = "webhook_endpoint_not_verified"
    http_status = 409


class EndpointNotEnabled(DomainError):
    """The endpoint is not enabled, so nothing would be sent to it."""

    code = "webhook_endpoint_not_enabled"
    http_status = 409


class TwoWebhookSecrets(DomainError):
    """The secret before the latest still signs, and an endpoint has two at most; it ends by itself within 24 hours."""

    code = "two_webhook_secrets_in_use"
    http_status = 409


class AddressChanged(DomainError):
    """The address of the endpoint was changed while it was being verified."""

    code = "webhook_address_changed"
    http_status = 409


@transaction.atomic
def create_endpoint(
    *,
    partner_id: int,
    url: str,
    description: str,
    types: Sequence[str],
    now: datetime,
    actor: str,
    version: int = PAYLOAD_VERSION,
) -> WebhookEndpoint:
    """
    Enter an address. Nothing is sent to it before it is verified.

    :param types: those that are sent; none for all.
    :raises WebhookUrlRefused, UnknownEventType, UnknownPayloadVersion, TooManyEndpoints: see there.
    """
    read_target(url)
    wanted = _known(types)
    if version not in VERSIONS:
        raise UnknownPayloadVersion(_("There is no such version. Leave it out for the newest."), field="version")
    Partner.objects.select_for_update(no_key=True).get(pk=partner_id)
    if WebhookEndpoint.objects.kept().filter(partner=partner_id).count() >= MOST_ENDPOINTS:
        raise TooManyEndpoints(
            _("You have %(most)s endpoints already. Change or delete one."), params={"most": MOST_ENDPOINTS}
        )
    endpoint = WebhookEndpoint.objects.create(
        partner_id=partner_id,
        url=url,
        description=description,
        types=wanted,
        version=version,
        secret=new_secret(),
        status=Status.UNVERIFIED,
        created_at=now,
    )
    _witness("created", endpoint, actor)
    return endpoint


@transaction.atomic
def change_endpoint(*, endpoint_id: int, changes: dict[str, Any], now: datetime, actor: str) -> WebhookEndpoint:
    """
    Change what is named; another address has to be verified before anything is sent to it.

    :param changes: some of `url`, `description`, `types` and `enabled`.
    :raises EndpointNotFound, WebhookUrlRefused, UnknownEventType, EndpointNotVerified: see there.
    """
    endpoint = lock_endpoint(endpoint_id)
    if "url" in changes and changes["url"] != endpoint.url:
        read_target(changes["url"])
        endpoint.url = changes["url"]
        endpoint.status, endpoint.verified_at = Status.UNVERIFIED, None
        _forget_troubles(endpoint)
    if "description" in changes:
        endpoint.description = changes["description"]
    if "types" in changes:
        endpoint.types = _known(changes["types"])
    if changes.get("enabled") is True and endpoint.status != Status.ENABLED:
        if endpoint.verified_at is None:
            raise EndpointNotVerified(_("Verify the endpoint first: POST to its address …/verify."), field="enabled")
        endpoint.status = Status.ENABLED
        _forget_troubles(endpoint)
    elif changes.get("enabled") is False and endpoint.status != Status.DISABLED:
        endpoint.status, endpoint.disabled_reason, endpoint.disabled_at = Status.DISABLED, Reason.BY_PARTNER, now
    endpoint.save()
    _witness("changed", endpoint, actor, fields=sorted(changes))
    return endpoint


@transaction.atomic
def note_verified(*, endpoint_id: int, url: str, now: datetime, actor: str) -> WebhookEndpoint:
    """
    Enable an endpoint that echoed a challenge.

    :param url: to which the challenge went.
    :raises EndpointNotFound, AddressChanged: see there.
    """
    endpoint = lock_endpoint(endpoint_id)
    if endpoint.url != url:
        raise AddressChanged(_("The address was changed meanwhile. Verify the endpoint again."), field="url")
    endpoint.status, endpoint.verified_at = Status.ENABLED, now
    _forget_troubles(endpoint)
    endpoint.save()
    _witness("verified", endpoint, actor)
    return endpoint


@transaction.atomic
def rotate_secret(*, endpoint_id: int, now: datetime, actor: str) -> WebhookEndpoint:
    """
    Give an endpoint a new secret; for 24 hours the one before signs beside it.

    :raises EndpointNotFound, TwoWebhookSecrets: see there.
    """
    endpoint = lock_endpoint(endpoint_id)
    if endpoint.previous_until is not None and now < endpoint.previous_until:
        raise TwoWebhookSecrets(
            _("The secret before still signs, for your receivers to change over. Make another one when it has ended."),
            field="endpoint",
            details={"ends_at": endpoint.previous_until.isoformat()},
        )
    endpoint.previous_secret, endpoint.previous_until = endpoint.secret, now + BOTH_SIGN_FOR
    endpoint.secret = new_secret()
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    _witness("secret_rotated", endpoint, actor)
    return endpoint


@transaction.atomic
def delete_endpoint(*, endpoint_id: int, now: datetime, actor: str) -> None:
    """
    Send nothing to an endpoint any more; what waits is cancelled.

    :raises EndpointNotFound: see there, also where it was deleted before.
    """
    endpoint = lock_endpoint(endpoint_id)
    endpoint.deleted_at = endpoint.disabled_at = now
    endpoint.status, endpoint.disabled_reason = Status.DISABLED, Reason.BY_PARTNER
    endpoint.secret, endpoint.previous_secret = new_secret(), ""
    endpoint.save()
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, status=WebhookDelivery.Status.PENDING)
    waiting.update(status=WebhookDelivery.Status.CANCELLED, ended_at=now)
    _end_alerts(endpoint)
    _witness("deleted", endpoint, actor)


@transaction.atomic
def send_test(*, endpoint_id: int, actor: str) -> None:
    """
    Record an event without meaning that goes to this endpoint alone.

    :raises EndpointNotFound, EndpointNotEnabled: see there.
    """
    endpoint = lock_endpoint(endpoint_id)
    refuse_unless_enabled(endpoint)
    record(
        partner_id=endpoint.partner_id,
        type="webhook.test",
        subject=str(endpoint.key),
        data={"endpoint": str(endpoint.key)},
    )
    _witness("tested", endpoint, actor)


def lock_endpoint(endpoint_id: int) -> WebhookEndpoint:
    """:raises EndpointNotFound: there is none, or it was deleted."""
    found = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id, deleted_at=None).first()
    if found is None:
        raise EndpointNotFound(_("There is no such webhook endpoint."), field="endpoint")
    return found


def refuse_unless_enabled(endpoint: WebhookEndpoint) -> None:
    """:raises EndpointNotEnabled: see there."""
    if endpoint.status != Status.ENABLED:
        raise EndpointNotEnabled(
            _("This endpoint is not enabled. Verify it, or enable it again, then ask once more."), field="endpoint"
        )


def _known(types: Sequence[str]) -> list[str]:
    for name in types:
        if name not in CATALOG:
            raise UnknownEventType(
                _("There is no event type %(name)s."), field="types", params={"name": str(name)[:60]}
            )
    return sorted(set(types))


def _forget_troubles(endpoint: WebhookEndpoint) -> None:
    endpoint.disabled_reason, endpoint.disabled_at = "", None
    endpoint.failing_since = endpoint.told_dead_at = endpoint.paused_until = None
    _end_alerts(endpoint)


def _end_alerts(endpoint: WebhookEndpoint) -> None:
    for kind in ("webhook.dead", "webhook.disabled"):
        end_alert(kind, subject=str(endpoint.key))


def _witness(what: str, endpoint: WebhookEndpoint, actor: str, **data: object) -> None:
    audit.record(
        action=f"webhooks.endpoint_{what}",
        subject_type="webhook_endpoint",
        subject_id=endpoint.key,
        actor=actor,
        data=data,
    )
