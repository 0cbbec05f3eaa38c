"""
Whoever of staff has no second factor gets to the page that adds one, and to nothing else.

Whoever has one is asked for it at every sign-in (allauth's own stage; a passkey is both factors in one), so what is
looked for here is only whether there is one. Whoever gives up the last one is back at the page that adds one.
"""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from dashu.users.models import User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Pages that are needed to get one, and those that are everybody's.
_OPEN = ("/accounts/", "/language/", "/static/", "/manifest.webmanifest", "/sw.js", "/offline/", "/healthz", "/readyz")


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


class AskStaffForSecondFactor:
    """Runs after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.STAFF_NEED_SECOND_FACTOR or request.path.startswith((*_OPEN, "/api/", "/oauth/")):
            return self.get_response(request)
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_staff:
            return self.get_response(request)
        if has_second_factor(request.user):
            return self.get_response(request)
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(settings.SECOND_FACTOR_PAGE)
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"code": "second_factor_missing"}, status=403)
        messages.warning(
            request,
            _("Whoever works with other people's loans needs a second step. Add a passkey or an app; then go on."),
        )
        return redirect(settings.SECOND_FACTOR_PAGE)
