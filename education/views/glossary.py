from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashu.web.offline import kept_for_reading
from education.domain.glossary import Term, glossary
from education.languages import language_now
from education.selectors.published import titles_in
from education.views.reading import address_in, in_the_language_asked_for
from education.views.seo import of_glossary, seo


@dataclass(frozen=True, slots=True)
class Group:
    """The terms that one lesson explains."""

    slug: str
    title: str
    terms: Sequence[Term]


@require_GET
@kept_for_reading
@in_the_language_asked_for
def page(request: HttpRequest) -> HttpResponse:
    terms = glossary(language_now())
    groups = [
        Group(slug, name, [term for term in terms if term.lesson == slug])
        for slug, name in titles_in(language_now()).items()
        if any(term.lesson == slug for term in terms)
    ]
    title = _("Words of loans")
    about = _("What they mean, in one or two sentences. On other pages the dotted words open the same.")
    told = seo(request, title=title, description=about, data=of_glossary(terms))
    return render(
        request,
        "education/glossary/page.html",
        {"groups": groups, "seo": told, "shared": address_in(request, language_now())},
    )
