"""What happens to every request of a browser before its page: a NUL is refused, the reader's language is found."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import translation


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


class PersonLanguage:
    """
    Show a signed-in person's stored language, whatever this browser was told or has chosen before.

    Runs after authentication. Who has not signed in reads what they chose in this browser, else what it asks for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            language = getattr(request.user, "language", None)
            if language in dict(settings.LANGUAGES):
                translation.activate(language)
                request.LANGUAGE_CODE = language
        return self.get_response(request)
