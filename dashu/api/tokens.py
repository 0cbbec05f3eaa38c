"""Tokens for clients: two secrets while one takes over from the other, and no more scopes than the client may have."""

import base64
from hashlib import sha256
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import SettingsScopes
from oauth2_provider.views import RevokeTokenView, TokenView
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error

from dashu.api import rate_limits
from dashu.api.callers import address_of
from dashu.api.calls import call_of
from dashu.api.client_checks import access_of, bind, refuse_caller
from dashu.kernel.errors import DomainError


class ClientScopes(SettingsScopes):
    """The scopes there are, and those of them that a client may have."""

    def get_available_scopes(
        self, application: Application | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        scopes = list(super().get_available_scopes(application, request))
        access = access_of(application) if application else None
        return access.allowed(scopes) if access else scopes

    def get_default_scopes(
        self, application: Application | None = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return self.get_available_scopes(application, request)


class ClientValidator(OAuth2Validator):
    def _extract_basic_auth(self, request: Any) -> str | None:
        """Base64 is ASCII; the library takes anything else for a mistake of ours."""
        given: str | None = super()._extract_basic_auth(request)
        return given if given is not None and given.isascii() else None

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        is_client = super().authenticate_client(request, *args, **kwargs) or self._has_earlier_secret(request)
        if is_client:
            try:
                refuse_caller(access_of(request.client), request.headers)
            except DomainError as refusal:
                raise CustomOAuth2Error(
                    error=refusal.code, description=refusal.user_message, status_code=refusal.http_status
                ) from refusal
        return is_client

    def _load_application(self, client_id: str | None, request: Any) -> Application | None:
        client = super()._load_application(client_id, request)
        if client is not None:
            request.named_client = client  # what looks for the client in the body forgets the one of the header
        return client

    def _has_earlier_secret(self, request: Any) -> bool:
        """Compare once more, with the earlier secret in the place of the latest; nothing of this is saved."""
        client: Application | None = getattr(request, "named_client", None)
        access = access_of(client) if client else None
        if client is None or access is None or not access.has_earlier_secret(at=timezone.now()):
            return False
        latest, client.client_secret = client.client_secret, access.earlier_secret
        request.client = client
        try:
            return super().authenticate_client(request)
        finally:
            client.client_secret = latest

    def _create_access_token(self, expires: Any, request: Any, token: Any, *args: Any, **kwargs: Any) -> AccessToken:
        created = super()._create_access_token(expires, request, token, *args, **kwargs)
        bind(created, access_of(request.client), request.headers)
        return created


class ClientTokens(TokenView):
    """Gives tokens. Who guesses is slowed down: by address, and more so by address and the client they name."""

    operation = "get_token"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _refused_guess(request) or super().post(request, *args, **kwargs)


class ClientTokenEnds(RevokeTokenView):
    """Ends tokens. A secret could be guessed here as well, so both draw from one bucket."""

    operation = "revoke_token"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _refused_guess(request) or super().post(request, *args, **kwargs)


def _refused_guess(request: HttpRequest) -> HttpResponse | None:
    try:
        _refuse_guessing(request)
    except DomainError as refusal:
        return JsonResponse(
            {"error": refusal.code, "error_description": refusal.user_message}, status=refusal.http_status
        )
    return None


def _refuse_guessing(request: HttpRequest) -> None:
    address, limits = str(address_of(request.META)), settings.API_LIMITS
    client = sha256(_claimed_client(request).encode()).hexdigest()[:16]
    call = call_of(request)
    call.standing = rate_limits.take("tokens", f"{client}:{address}", limits["tokens"])
    rate_limits.refuse_beyond(call.standing)
    rate_limits.refuse_beyond(rate_limits.take("addresses", address, limits["addresses"]))


def _claimed_client(request: HttpRequest) -> str:
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.POST.get("client_id", "")
    try:
        return unquote_plus(base64.b64decode(text).decode().partition(":")[0])
    except ValueError:  # no base64, or no text
        return ""
