"""The sheet of a lesson: one page to print."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from education.languages import language_now
from education.selectors.published import published_slugs
from education.services.lesson_sheets import sheet_of


@require_GET
def lesson_sheet(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in published_slugs():
        raise Http404
    sheet = sheet_of(slug, language_now())
    answer = HttpResponse(
        sheet.pdf,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{slug}-{language_now()}.pdf"',
            "ETag": f'"{sheet.version}"',
            "Vary": "Accept-Language, Cookie",
        },
    )
    patch_cache_control(answer, private=True, max_age=300)
    return answer
