"""
The description of the API to read, and on a sandbox to try.

The program that shows it in the browser is Swagger UI, its files served by us. Where there is money behind the API, the
page only reads: what is tried goes to the sandbox, which has a page of its own at its own address.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashu.api.collection import postman_collection
from dashu.api.published import openapi_document

# No inline script, no other host; Swagger UI draws some of its icons from `data:`.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    is_sandbox = settings.SANDBOX
    page = render(
        request,
        "api/docs.html",
        {"is_sandbox": is_sandbox, "sandbox_url": "" if is_sandbox else settings.SANDBOX_URL.rstrip("/")},
    )
    page["Content-Security-Policy"] = CONTENT_POLICY
    return page


@require_safe
def collection(request: HttpRequest) -> HttpResponse:
    """Answer the collection of this installation's requests."""
    answer = JsonResponse(postman_collection(openapi_document(), base_url=request.build_absolute_uri("/").rstrip("/")))
    answer["Content-Disposition"] = 'attachment; filename="dashu.postman_collection.json"'
    return answer
