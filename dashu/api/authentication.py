"""Who calls the API: a partner's program with a token got for its client id and secret."""

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken, Application
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from dashu.api import rate_limits
from dashu.api.calls import CHALLENGE, call_of
from dashu.api.client_checks import access_of, refuse_caller, refuse_other_certificate
from dashu.api.compiled import CompiledRow
from dashu.api.models import ClientAccess
from dashu.kernel.errors import DomainError
from dashu.users.models import Partner, User


class PartnerInactive(DomainError):
    """The client belongs to no active partner."""

    code = "partner_inactive"
    http_status = 403


class PartnerRequest(Request):
    """A request that this authentication let through."""

    partner: Partner


class PartnerAuthentication(BaseAuthentication):
    """
    Take the token from the `Authorization: Bearer` header and act as the partner whose client it was issued to.

    A token in the address or in a form is not read: addresses end up in logs. The token has no more scopes than its
    client may have now, whatever it may have had when the token was got.
    """

    def authenticate(self, request: Request) -> tuple[Any, AccessToken] | None:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = _TOKEN.get(checksum=sha256(secret.strip().encode()).hexdigest())
        if token is None or token.application is None or token.is_expired():
            raise AuthenticationFailed(
                _("The token is not valid or has expired. Get a new one from /oauth/token/."), code="invalid_token"
            )
        _note_caller(request, token.application)
        partner = _active_partner(token.application.user)
        access = access_of(token.application)
        refuse_caller(access, request.META)
        refuse_other_certificate(token, request.META)
        _count(request, token.application, access)
        if access is not None:
            token.scope = " ".join(access.allowed(token.scope.split()))  # not saved
        request.partner = partner  # type: ignore[attr-defined]
        return partner.user, token

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


_CHECKSUM = "checksum"
# The token with its client, the partner and what either may do: all that decides of a call, as it is at this moment.
_TOKEN = CompiledRow(
    lambda: AccessToken.objects.select_related("application__user__partner", "application__access", "binding").filter(
        token_checksum=_CHECKSUM, user=None
    ),
    checksum=_CHECKSUM,
)


def _note_caller(request: Request, application: Application) -> None:
    partner: Partner | None = getattr(application.user, "partner", None)
    call = call_of(request)
    call.client_id, call.partner_id = application.pk, partner.pk if partner else None


def _count(request: Request, application: Application, access: ClientAccess | None) -> None:
    """:raises RateLimited: this client called too often; its reads and its writes are counted apart."""
    name = "reads" if request.method in SAFE_METHODS else "writes"
    own = getattr(access, f"{name}_a_minute", None)
    call = call_of(request)
    call.standing = rate_limits.take(name, str(application.pk), own or settings.API_LIMITS[name])
    rate_limits.refuse_beyond(call.standing)


def _active_partner(user: User | None) -> Partner:
    partner: Partner | None = getattr(user, "partner", None)
    if user is None or partner is None or not (partner.is_active and user.is_active and user.role == User.Role.PARTNER):
        raise PartnerInactive(_("This client belongs to no active partner. Ask the lender to activate it."))
    return partner
