"""Who has shown by a link who they are is known again in the same browser, at that address alone."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def confirmed_here(
    answer: HttpResponse, request: HttpRequest, *, cookie: str, secret: str, lasts: timedelta
) -> HttpResponse:
    """Have the browser keep the secret of a confirmation."""
    answer.set_cookie(
        _named(cookie),
        secret,
        max_age=int(lasts.total_seconds()),
        path=request.path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def confirmation_of(request: HttpRequest, cookie: str) -> str:
    """Return the secret that this browser keeps; "" without one."""
    return request.COOKIES.get(_named(cookie), "")


def _named(cookie: str) -> str:
    """Browsers take a cookie of such a name over TLS alone."""
    return f"__Secure-{cookie}" if settings.SESSION_COOKIE_SECURE else cookie
