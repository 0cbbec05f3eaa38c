from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from education.domain.searching import Entry
from education.languages import language_now
from education.selectors.published import lessons_in
from education.selectors.search import CALCULATOR, LESSON, TERM, Found
from education.selectors.search import search as find
from education.views.calculators.catalog import CALCULATORS
from education.views.reading import in_the_language_asked_for

LONGEST = 80
SUGGESTED = ("asking-for-help", "overdue", "annual-rate")
ADDRESSES: Mapping[str, Callable[[str], str]] = {
    LESSON: lambda key: reverse("education:lesson", args=[key]),
    TERM: lambda key: f"{reverse('education:glossary')}#{key}",
    CALCULATOR: lambda key: reverse("education:calculator", args=[key]),
}
KINDS: Mapping[str, tuple[str | Promise, str]] = {
    LESSON: (_("Lesson"), "book-open"),
    TERM: (_("Word"), "languages"),
    CALCULATOR: (_("Calculator"), "calculator"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    found: Found
    address: str
    kind: str | Promise
    icon: str


@require_GET
@in_the_language_asked_for
def search(request: HttpRequest) -> HttpResponse:
    """Show what fits; where nothing does, say so and lead on."""
    typed = request.GET.get("q", "").strip()[:LONGEST]
    lessons = lessons_in(language_now())
    found = find(typed, language_now(), lessons, calculator_entries()) if typed else []
    context = {
        "typed": typed,
        "found": [Shown(each, ADDRESSES[each.kind](each.key), *KINDS[each.kind]) for each in found],
        "suggested": [lesson for lesson in lessons if lesson.slug in SUGGESTED],
    }
    return render(request, "education/search.html", context)


def calculator_entries() -> tuple[Entry, ...]:
    """Return the calculators as they are found, in the language of the moment."""
    return tuple(
        Entry(CALCULATOR, each.code, str(each.title), each.words, " ".join([str(each.lead), *map(str, each.formula)]))
        for each in CALCULATORS.values()
    )
