"""Clients that a partner registers itself, within what the lender granted those it has."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken, Application
from oauth2_provider.scopes import get_scopes_backend

from dashu.api.models import ClientAccess
from dashu.api.services.clients import ClientNotFound, ScopeNotGranted
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.users.models import Partner

MOST_CLIENTS = 20


class TooManyClients(DomainError):
    """A partner has at most 20 clients."""

    code = "too_many_clients"
    http_status = 409


class ClientNameInUse(DomainError):
    """The partner has a client of this name."""

    code = "client_name_in_use"
    http_status = 409


@transaction.atomic
def create_client(
    *, partner_id: int, name: str, scopes: Collection[str] | None, now: datetime, actor: str
) -> tuple[Application, str]:
    """
    Register a client of a partner and return it with its secret: nobody can read that again.

    What the lender granted the partner's clients so far holds for a new one, too: all of it together, and the least of
    the limits. A partner with none yet has what everyone has.

    :param scopes: None for all that is granted.
    :raises ClientNameInUse, TooManyClients, ScopeNotGranted: see there.
    """
    partner = Partner.objects.select_for_update(no_key=True).get(pk=partner_id)
    own = list(Application.objects.filter(user=partner.user_id).select_related("access").order_by("pk"))
    if any(each.name == name for each in own):
        raise ClientNameInUse(_("You have a client of this name already. Choose another one."), field="name")
    if len(own) >= MOST_CLIENTS:
        raise TooManyClients(
            _("You have %(most)s clients already, and there can be no more."), params={"most": MOST_CLIENTS}
        )
    accesses = [getattr(each, "access", None) for each in own]
    granted = _granted_together(accesses)
    chosen = None if scopes is None else _within(scopes, granted)
    secret = secrets.token_urlsafe(48)
    client = Application.objects.create(
        name=name,
        user=partner.user,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=make_password(secret),
        hash_client_secret=True,
    )
    ClientAccess.objects.create(
        application=client,
        granted_scopes=granted,
        scopes=chosen,
        reads_a_minute=_least(each.reads_a_minute for each in accesses if each),
        writes_a_minute=_least(each.writes_a_minute for each in accesses if each),
        secret_made_at=now,
    )
    _note("api.client_created", client, actor, scopes=chosen)
    return client, secret


@transaction.atomic
def end_tokens(*, application_id: int, actor: str) -> int:
    """
    End every token of a client at once and return how many were still good; its secret gets it new ones.

    :raises ClientNotFound: see there.
    """
    client = Application.objects.select_for_update().filter(pk=application_id).first()
    if client is None:
        raise ClientNotFound(_("There is no such client."))
    _all, by_model = AccessToken.objects.filter(application=client).delete()
    count = by_model.get(AccessToken._meta.label, 0)
    _note("api.tokens_ended", client, actor, count=count)
    return count


def granted_to_new(partner: Partner) -> list[str] | None:
    """Return what a new client of this partner could have at most; None for every scope there is."""
    own = Application.objects.filter(user=partner.user_id).select_related("access")
    return _granted_together([getattr(each, "access", None) for each in own])


def _granted_together(accesses: Iterable[ClientAccess | None]) -> list[str] | None:
    grants = [each.granted_scopes if each else None for each in accesses]
    if not grants or None in grants:
        return None
    together = {scope for grant in grants for scope in grant or ()}
    return [scope for scope in get_scopes_backend().get_all_scopes() if scope in together]


def _within(scopes: Collection[str], granted: list[str] | None) -> list[str]:
    known = list(get_scopes_backend().get_all_scopes())
    for scope in scopes:
        if scope not in known or (granted is not None and scope not in granted):
            raise ScopeNotGranted(
                _("The scope %(scope)s is not granted to this client."), field="scopes", params={"scope": scope[:40]}
            )
    return [scope for scope in known if scope in scopes]


def _least(limits: Iterable[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _note(action: str, client: Application, actor: str, **data: object) -> None:
    audit.record(action=action, subject_type="api_client", subject_id=client.client_id, actor=actor, data=data)
