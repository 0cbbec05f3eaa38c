"""What happens to every request of a browser before its page: a NUL is refused, the reader's language is found."""

import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django_structlog.middlewares import RequestMiddleware


class RefuseNul:
    """
    Answer 400 to a query string with a NUL, which PostgreSQL takes in no text and no form of ours sends.

    The API refuses one itself, as a problem document that names the parameter.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") and not request.path.startswith("/api/"):
            raise BadRequest("The query string holds a NUL.")
        return self.get_response(request)


class RequestLog(RequestMiddleware):
    """Logs each request with its address, save for what opens an account: the key in the link to a new password."""

    KEYS = re.compile(r"(?<=/password/reset/key/)[^/]+")

    @classmethod
    def format_request(cls, request: HttpRequest) -> str:
        return cls.KEYS.sub("…", f"{request.method} {request.get_full_path()}")


class PersonLanguage:
    """
    Show a signed-in person's stored language when this browser has not chosen one.

    Runs after authentication. A browser's own choice is a cookie and wins, and then nobody is looked up here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and settings.SESSION_COOKIE_NAME in request.COOKIES:
            language = getattr(request.user, "language", None)
            if language in dict(settings.LANGUAGES):
                translation.activate(language)
                request.LANGUAGE_CODE = language
        return self.get_response(request)
