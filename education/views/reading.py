"""What every page of learning does: its language, its reader, and where its texts lead."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from education.domain.lessons import Lesson
from education.domain.own import OwnFigures
from education.languages import language_now
from education.selectors.published import LessonNotPublished, Shown, lesson_of

# The pages that a next step leads to, see `education.domain.lessons.PAGES`.
PLACES: Mapping[str, str] = {
    "complaints": "portal:complaints",
    "credit-record": "portal:credit_record",
    "documents": "portal:all_papers",
    "help": "portal:help",
    "home": "portal:home",
    "pay": "portal:pay_together",
    "plans": "portal:relief",
    "plans:month": "portal:relief_month",
}
CALCULATOR = "calculator:"


def lesson_in_words(slug: str, own: OwnFigures | None = None, *, shown: Shown | None = None) -> Lesson:
    """
    Return a lesson in the reader's language, with their own figures where they are known.

    :raises LessonNotPublished: there is none, or none any more.
    """
    return lesson_of(slug, language_now(), own, shown=shown)


def lesson_if_shown(slug: str) -> Lesson | None:
    """Return a lesson that a page of ours leads to, unless editors took it away."""
    try:
        return lesson_in_words(slug)
    except LessonNotPublished:
        return None


def place_of(page: str) -> str:
    """Return the address of a page that a lesson names."""
    if page.startswith(CALCULATOR):
        return reverse("education:calculator", args=[page.removeprefix(CALCULATOR)])
    return reverse(PLACES[page])


def in_the_language_asked_for(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    Show the page in the language that its address names, for links that are sent on and for search engines.

    A visitor stays in it. The choice of language leads back to the address without one, or it would change nothing.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        asked = request.GET.get("lang", "")
        if asked not in dict(settings.LANGUAGES):
            return view(request, *args, **named)
        translation.activate(asked)
        request.LANGUAGE_CODE = asked
        rest = request.GET.copy()
        del rest["lang"]
        request.without_language = request.path + (f"?{rest.urlencode()}" if rest else "")  # type: ignore[attr-defined]
        answer = view(request, *args, **named)
        if not request.user.is_authenticated:
            answer.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                asked,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Lax",
            )
        return answer

    return shown


def address_in(request: HttpRequest, code: str = "", *, path: str = "") -> str:
    """Return the whole address of a page, in one language where `code` names one, to be sent on."""
    return request.build_absolute_uri((path or request.path) + (f"?{urlencode({'lang': code})}" if code else ""))
