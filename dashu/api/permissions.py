"""What a token allows: each view names the scopes that it needs in `required_scopes`."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from dashu.kernel.errors import DomainError


class InsufficientScope(DomainError):
    """The token was issued without the scope that this operation needs."""

    code = "insufficient_scope"
    http_status = 403


class HasScopes(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        token: Any = request.auth
        if token is None:
            return False
        if missing := [scope for scope in view.required_scopes if not token.allow_scopes([scope])]:
            raise InsufficientScope(
                _("This token lacks the scope %(scope)s. Get one that has it."), params={"scope": missing[0]}
            )
        return True
