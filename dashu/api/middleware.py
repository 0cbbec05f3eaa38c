"""
Around every call of the API, from the outside in: it gets an id and is written down, and its answer is compressed,
tagged, and left out where the caller has it already.
"""

import gzip
import logging
import re
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from dashu.api.calls import REQUEST_ID, Answered, answered, call_of
from dashu.api.conditional import GZIP, entity_tag, is_known
from dashu.api.errors import PROBLEM_TYPE, type_of
from dashu.api.services.record_call import record_call

WORTH_COMPRESSING = 200  # bytes; the same as of Django's middleware, which would make a tag weak

_PROXYS_ID = re.compile(r"[0-9a-f-]{16,64}")

Handler = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger(__name__)


def is_of_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/oauth/"))


class RefusePlainCalls:
    """
    Refuse a call that came without TLS where TLS is asked for.

    Leading it on to TLS would hide that a program sends its token in the clear, for as long as it does.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_call = request.path.startswith(("/api/v", "/oauth/"))
        if not is_call or not settings.SECURE_SSL_REDIRECT or request.is_secure():
            return self.get_response(request)
        problem = {
            "type": type_of("https_required"),
            "title": HTTPStatus.FORBIDDEN.phrase,
            "status": HTTPStatus.FORBIDDEN,
            "code": "https_required",
            "detail": "Call with https. What was sent without it can be read on the way: get a new secret and token.",
            "field": None,
        }
        return JsonResponse(problem, status=HTTPStatus.FORBIDDEN, content_type=PROBLEM_TYPE)


class RecordCalls:
    """
    Give a call its id and write it down when its answer is sent.

    The id is ours, never the caller's: what a partner writes there might be a person's. Writing waits for the answer to
    be out, so no caller waits for it; it happens in the same process and database connection, so nothing piles up
    anywhere and a worker that takes no calls writes none. A call that cannot be written down is answered all the same.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_of_api(request):
            if not (settings.TRUSTED_PROXIES and _PROXYS_ID.fullmatch(request.META.get("HTTP_X_REQUEST_ID", ""))):
                request.META.pop("HTTP_X_REQUEST_ID", None)  # a caller's own word
            return self.get_response(request)
        call = call_of(request)
        request.META["HTTP_X_REQUEST_ID"] = str(call.id)  # the line in the log has it from here
        response = self.get_response(request)
        response[REQUEST_ID] = str(call.id)
        for name, value in (call.standing.headers if call.standing else {}).items():
            response[name] = value
        if settings.RECORD_API_CALLS:
            _record_after(request, response)
        return response


class ConditionalAnswers:
    """
    Answer 304 to a GET of what the caller has already (RFC 9110, section 13).

    The tag is a digest of what was rendered, so it differs wherever the answer does: by language, by fields, by what a
    token may see. What is compressed here is the same bytes for the same answer, so its tag is strong as well.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/api/") or response.streaming:
            return response
        patch_vary_headers(response, ["Authorization", "Accept-Language", "Accept-Encoding"])
        is_read = request.method in ("GET", "HEAD") and response.status_code == 200
        tag = _tag_of(response) if is_read else ""
        if "gzip" in request.headers.get("Accept-Encoding", "") and _is_worth_compressing(response):
            response.content = gzip.compress(response.content, compresslevel=5, mtime=0)
            response["Content-Encoding"] = "gzip"
            response["Content-Length"] = str(len(response.content))
            tag = GZIP.format(tag) if tag else ""
        if tag:
            response["ETag"] = f'"{tag}"'
            response.setdefault("Cache-Control", "private, no-cache")
            if is_known(tag, parse_etags(request.headers.get("If-None-Match", ""))):
                return _not_modified(response)
        return response


def _tag_of(response: HttpResponse) -> str:
    language, unshown = response.get("Content-Language", ""), getattr(response, "unshown", "")
    return entity_tag(response.content, language=language, unshown=unshown)


def _is_worth_compressing(response: HttpResponse) -> bool:
    is_json = "json" in response.get("Content-Type", "")
    return is_json and not response.has_header("Content-Encoding") and len(response.content) >= WORTH_COMPRESSING


def _not_modified(response: HttpResponse) -> HttpResponse:
    response.status_code = 304
    response.content = b""
    for name in ("Content-Type", "Content-Length", "Content-Encoding", "Content-Language"):
        response.headers.pop(name, None)
    return response


def _record_after(request: HttpRequest, response: HttpResponse) -> None:
    """Have the call written down once the answer is out. What cannot be told of it keeps nobody's answer back."""
    try:
        call = answered(request, response)
    except Exception:
        logger.exception("The call %s could not be put together", call_of(request).id)
        return
    response._resource_closers.append(partial(_record, call))  # type: ignore[attr-defined]


def _record(call: Answered) -> None:
    try:
        record_call(call)
    except Error as error:
        logger.error("The call %s could not be written down: %s", call.request_id, type(error).__name__)
