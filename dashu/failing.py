"""
What is answered to a request that failed outside of the API's own views: `handler500` of the site.

Runs where the exception was caught, so it can be looked at. Uses neither database nor Redis: they may be why.
"""

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.http import escape_leading_slashes
from django.views.defaults import bad_request, server_error

from dashu.api.errors import PROBLEM_TYPE, TryAgainLater, problem_of
from dashu.api.middleware import is_of_api
from dashu.passing import RETRY_SECONDS, passes


def failed(request: HttpRequest) -> HttpResponse:
    """Answer 503 and when to come again where the failure passes by itself, 400 to a NUL, else 500."""
    error = sys.exception()
    if isinstance(error, ValueError) and "NUL (0x00)" in str(error):
        return bad_request(request, error)
    if error is None or not passes(error):
        return server_error(request)
    answer = _problem(request) if is_of_api(request) else _page(request)
    answer["Retry-After"] = str(RETRY_SECONDS)
    answer["Cache-Control"] = "no-store"
    return answer


def _problem(request: HttpRequest) -> HttpResponse:
    return JsonResponse(
        problem_of(TryAgainLater(), request), status=HTTPStatus.SERVICE_UNAVAILABLE, content_type=PROBLEM_TYPE
    )


def _page(request: HttpRequest) -> HttpResponse:
    """Lead back to the same page; what was sent is not sent again by a link, so there it leads to the beginning."""
    again = escape_leading_slashes(request.get_full_path()) if request.method in ("GET", "HEAD") else ""
    return HttpResponse(render_to_string("503.html", {"again": again}), status=HTTPStatus.SERVICE_UNAVAILABLE)
