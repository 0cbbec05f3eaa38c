"""
What happens to every request of a browser around its page: a NUL is refused, the reader's language is found, a page of
a row is not asked for by what can be no row's key, and what a reader saw is not kept.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation

from dashu.web.object_keys import may_be_key


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


class KeepNoPages:
    """
    Have browsers keep no page of somebody who is signed in: on a shared phone, "back" shows nothing after signing out.

    A page that says itself how it may be kept is left alone. Copies for reading without a connection are kept by the
    worker in the browser, which forgets them (`dashu.web.offline`). Runs after authentication.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        is_somebody = settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated
        if is_somebody and not answer.has_header("Cache-Control"):
            answer["Cache-Control"] = "private, no-store"
        return answer


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


class RefuseImpossibleKeys:
    """
    Answer 404 to a page of the back office that is about a row, where the address names what can be no row's key, and
    400 to what such a page is sent, where a row that is chosen in it can be none.

    Pages and their permissions then look rows up by it without each having to doubt it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, given: Mapping[str, Any]) -> None:
        page = getattr(view, "model_admin", None)
        if page is None:
            return
        if "object_id" in given and not may_be_key(page.model, given["object_id"]):
            raise Http404
        if request.method == "POST":
            _refuse_impossible_choices(request, page)


def _refuse_impossible_choices(request: HttpRequest, page: ModelAdmin) -> None:
    """Which rows an act is for, and those that a field looks up one by one, come as keys that nothing has checked."""
    chosen = [(page.model, ACTION_CHECKBOX_NAME)]
    for name in (*page.autocomplete_fields, *page.raw_id_fields):
        field: Any = page.model._meta.get_field(name)
        chosen.append((field.related_model, name))
    for model, name in chosen:
        if not all(may_be_key(model, key) for key in request.POST.getlist(name) if key):
            raise BadRequest(f"{name} names what can be no row's key.")
