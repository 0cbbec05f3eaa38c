"""The images of lessons, by what they are: an address always has the same picture, so browsers keep it for good."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from education.domain.pictures import CONTENT_TYPE
from education.selectors.images import image_content

HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff",
}


@require_GET
def image(request: HttpRequest, digest: str) -> HttpResponse:
    content = image_content(digest)
    if content is None:
        raise Http404
    return HttpResponse(content, content_type=CONTENT_TYPE, headers=HEADERS)
