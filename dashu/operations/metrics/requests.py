"""Middleware: how long each view takes, and the answer to whoever asks for figures."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dashu.operations.metrics.exposition import CONTENT_TYPE, exposed, may_read
from dashu.operations.metrics.processes import HTTP_SECONDS

Answer = Callable[[HttpRequest], HttpResponse]


class AnswerMetrics:
    """
    Answer at `/metrics` and `/metrics/state` before anything else is asked of the request.

    Who asks names a host by its number inside, over plain HTTP, which no other page takes. Without the token there is
    nothing at these addresses; the proxy hides them besides.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.METRICS_TOKEN and may_read(request.META.get("HTTP_AUTHORIZATION", "")):
            text = exposed(request.path_info)
            if text is not None:
                return HttpResponse(text, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
        return self.get_response(request)


class MeasureRequests:
    """By the view's name, which is one for all loans, people and keys in its addresses."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        response = self.get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else ""
        method = request.method if request.method in _METHODS else "other"
        HTTP_SECONDS.labels(view or "none", method, f"{response.status_code // 100}xx").observe(perf_counter() - began)
        return response


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
