"""Who calls the API: a partner's program with a token got for its client id and secret."""

from hashlib import sha256
from typing import Any

from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

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

    A token in the address or in a form is not read: addresses end up in logs.
    """

    def authenticate(self, request: Request) -> tuple[Any, AccessToken] | None:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = (
            AccessToken.objects.select_related("application__user__partner")
            .filter(token_checksum=sha256(secret.strip().encode()).hexdigest(), user=None)
            .first()
        )
        if token is None or token.application is None or token.is_expired():
            raise AuthenticationFailed(
                _("The token is not valid or has expired. Get a new one from /oauth/token/."), code="invalid_token"
            )
        partner = _active_partner(token.application.user)
        request.partner = partner  # type: ignore[attr-defined]
        return partner.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _active_partner(user: User | None) -> Partner:
    partner: Partner | None = getattr(user, "partner", None)
    if user is None or partner is None or not (partner.is_active and user.is_active and user.role == User.Role.PARTNER):
        raise PartnerInactive(_("This client belongs to no active partner. Ask the lender to activate it."))
    return partner
