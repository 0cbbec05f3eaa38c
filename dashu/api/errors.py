"""
How the API refuses: problem details as in RFC 9457, `application/problem+json`.

Every answer of 400 or above has a stable `code` for programs, a sentence in `detail` that says what to do, and in
`field` the input that is to blame, null when no single one is. Several faulty inputs are listed in `errors`. The `type`
is the address at which the code is explained.
"""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from dashu.api.calls import CHALLENGE
from dashu.kernel.errors import DomainError
from dashu.passing import RETRY_SECONDS, passes

PROBLEM_TYPE = "application/problem+json"

logger = logging.getLogger(__name__)


class InternalError(DomainError):
    """We failed. Nothing was written; the same request may be sent again."""

    code = "internal_error"
    http_status = 500


class TryAgainLater(DomainError):
    """The database is away or busy. The same request with the same key is done once when it comes again."""

    code = "try_again_later"
    http_status = 503
    retry_in = RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__(_("We cannot do this right now. Send the same request again, with the same key, in a moment."))


# The framework's names of what is wrong with a field, as partners read them.
_FIELD_CODES = {
    "required": "missing_field",
    "null": "missing_field",
    "blank": "missing_field",
    "empty": "missing_field",
    "max_length": "too_long",
    "min_length": "too_short",
    **dict.fromkeys(
        (
            "invalid",
            "min_value",
            "max_value",
            "max_string_length",
            "null_characters_not_allowed",
            "not_a_list",
            "not_a_dict",
            "overflow",
        ),
        "invalid_input",
    ),
}
_STATUS_CODES = {"error": "refused", "parse_error": "malformed_json"}


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response:
    """Answer any exception of an API view; the framework's exception handler."""
    response = _problem(error, context)
    response.data = {"type": type_of(response.data["code"], context.get("request")), **response.data}
    return response


def type_of(code: str, request: Any = None) -> str:
    """Return the address at which a code is explained; without a request and a setting, below no site."""
    page = reverse("api:errors")
    site = settings.PUBLIC_URL.rstrip("/")
    return f"{site}{page}#{code}" if site or request is None else f"{request.build_absolute_uri(page)}#{code}"


def problem_of(error: DomainError, request: Any) -> dict[str, Any]:
    """Return what the answer to a refusal says, for an answer that no view of the framework gives."""
    response = _response(error.http_status, error.code, str(error.user_message), error.field, error.details)
    return {"type": type_of(error.code, request), **response.data}


def _problem(error: Exception, context: Mapping[str, Any]) -> Response:
    set_rollback()
    if not isinstance(error, DomainError) and passes(error):
        logger.warning("A call of the API found the database away or busy: %s", type(error.__cause__).__name__)
        error = TryAgainLater()
    if isinstance(error, DomainError):
        response = _response(error.http_status, error.code, error.user_message, error.field, error.details)
        if error.http_status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = CHALLENGE
        if wait := getattr(error, "retry_in", None):
            response["Retry-After"] = str(wait)
        return response
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        return _invalid_fields(error)
    if isinstance(error, exceptions.APIException):
        return _refusal(error)
    return _failure(error, context)


def _invalid_fields(error: exceptions.ValidationError) -> Response:
    faults = list(_coded(error))
    response = _response(HTTPStatus.UNPROCESSABLE_ENTITY, *faults[0])
    if len(faults) > 1:
        response.data["errors"] = [dict(zip(("code", "detail", "field"), fault, strict=True)) for fault in faults]
    return response


def first_fault(error: exceptions.ValidationError) -> tuple[str, str, str | None]:
    """Return code, sentence and field of the first faulty input, as an answer would have them."""
    return next(_coded(error))


def _coded(error: exceptions.ValidationError) -> Iterator[tuple[str, str, str | None]]:
    for field, fault in _faults(error.detail):
        yield _FIELD_CODES.get(fault.code, fault.code), str(fault), field


def _faults(detail: Any, path: str = "") -> Iterator[tuple[str | None, Any]]:
    """Walk the framework's nested errors as (dotted field, error)."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _faults(inner, path if name == "non_field_errors" else f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _faults(inner, path)
    else:
        yield path or None, detail


def _refusal(error: exceptions.APIException) -> Response:
    detail: Any = error.detail
    code = _STATUS_CODES.get(detail.code, detail.code)
    response = _response(error.status_code, code, str(detail), None)
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait))
    return response


def _failure(error: Exception, context: Mapping[str, Any]) -> Response:
    request = context.get("request")
    logger.error("A request to the API failed.", exc_info=error)
    got_request_exception.send(sender=None, request=getattr(request, "_request", request))
    sentence = _("Something went wrong on our side. Nothing was written. Send the same request again later.")
    return _response(InternalError.http_status, InternalError.code, str(sentence), None)


def _response(
    status: int, code: str, detail: str, field: str | None, details: Mapping[str, Any] | None = None
) -> Response:
    title = HTTPStatus(status).phrase
    problem = {"title": title, "status": status, "code": code, "detail": detail, "field": field}
    if details:
        problem["details"] = dict(details)
    return Response(problem, status=status, content_type=PROBLEM_TYPE)
