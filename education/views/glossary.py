from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from education.domain.glossary import Term, glossary
from education.domain.lessons import slugs
from education.views.reading import address_in, in_the_language_asked_for, language, lesson_in_words


@dataclass(frozen=True, slots=True)
class Group:
    """The terms that one lesson explains."""

    slug: str
    title: str
    terms: Sequence[Term]


@require_GET
@in_the_language_asked_for
def page(request: HttpRequest) -> HttpResponse:
    terms = glossary(language())
    groups = [
        Group(slug, lesson_in_words(slug).title, [term for term in terms if term.lesson == slug]) for slug in slugs()
    ]
    return render(
        request, "education/glossary/page.html", {"groups": groups, "shared": address_in(request, language())}
    )
