"""Where search engines may look, and what they find there: the pages of learning in each language."""

from collections.abc import Iterator
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from education.domain.lessons import LANGUAGES
from education.selectors.published import lessons_in
from education.views.calculators.catalog import CALCULATORS
from education.views.reading import address_in
from education.views.seo import alternates

# What is somebody's own, or no page.
CLOSED = (
    "/accounts/", "/admin/", "/api/", "/applications/", "/checkouts/", "/credit-record/", "/documents/", "/gateway/",
    "/guarantee/", "/learn/search/", "/loans/", "/me/", "/messages/", "/oauth/", "/partner/", "/pay/", "/plans/",
    "/receipts/", "/sign/", "/stop/", "/verify/",
)  # fmt: skip


@require_GET
@cache_control(max_age=3600, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), f"Sitemap: {_whole(request, 'sitemap')}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_GET
@cache_control(max_age=3600, public=True)
def sitemap(request: HttpRequest) -> HttpResponse:
    pages = [
        (address_in(request, code, path=path), changed_on, alternates(request, path=path))
        for path, changed_on in _pages()
        for code in LANGUAGES
    ]
    return render(request, "education/sitemap.xml", {"pages": pages}, content_type="application/xml; charset=utf-8")


def _pages() -> Iterator[tuple[str, date | None]]:
    for name in ("lessons", "glossary", "calculators"):
        yield reverse(f"education:{name}"), None
    for lesson in lessons_in(LANGUAGES[0]):
        yield reverse("education:lesson", args=[lesson.slug]), lesson.legal_facts_on
    for code in CALCULATORS:
        yield reverse("education:calculator", args=[code]), None


def _whole(request: HttpRequest, name: str) -> str:
    return request.build_absolute_uri(reverse(name))
