"""Who has shown by a link who they are is known again in the same browser, at that address alone."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def confirmed_here(
    answer: HttpResponse, request: HttpRequest, *, cookie: str, secret: str, lasts: timedelta
) -> HttpResponse:
    """Have the browser keep the secret of a confirmation."""
    answer.set_cookie(
        cookie,
        secret,
        max_age=int(lasts.total_seconds()),
        path=request.path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer
