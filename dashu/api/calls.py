"""What is learned of a call while it is answered: who called, what the limit says, and how to find it in the logs."""

from dataclasses import dataclass, field
from functools import cache
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch

from dashu.api.callers import address_of, network_of
from dashu.api.rate_limits import Standing

REPLAYED = "Idempotent-Replayed"
REQUEST_ID = "X-Request-Id"
CHALLENGE = 'Bearer realm="api"'
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(slots=True)
class Call:
    """:ivar standing: how much of its limit the client has used; None where no limit was asked."""

    id: UUID = field(default_factory=uuid4)
    began: float = field(default_factory=perf_counter)
    partner_id: int | None = None
    client_id: int | None = None
    standing: Standing | None = None


def call_of(request: Any) -> Call:
    """Return what is known of this request; of one that came past the middleware, nothing yet."""
    inner = getattr(request, "_request", request)
    if not hasattr(inner, "api_call"):
        inner.api_call = Call()
    return inner.api_call


@dataclass(frozen=True, slots=True)
class Answered:
    """A call as it is written down: nothing in it says about whom it was."""

    partner_id: int | None
    client_id: int | None
    operation: str
    method: str
    status: int
    code: str
    milliseconds: int
    request_bytes: int
    response_bytes: int
    request_id: UUID
    is_replay: bool
    network: str


def answered(request: HttpRequest, response: HttpResponse) -> Answered:
    call = call_of(request)
    return Answered(
        partner_id=call.partner_id,
        client_id=call.client_id,
        operation=operation_of(request.resolver_match, request.method or ""),
        method=request.method if request.method in _METHODS else "OTHER",
        status=response.status_code,
        code=_code_of(response),
        milliseconds=round((perf_counter() - call.began) * 1000),
        request_bytes=_whole(request.META.get("CONTENT_LENGTH")),
        response_bytes=_whole(response.get("Content-Length")) if response.streaming else len(response.content),
        request_id=call.id,
        is_replay=response.get(REPLAYED) == "true",
        network=network_of(address_of(request.META)),
    )


def operation_of(match: ResolverMatch | None, method: str) -> str:
    """Return the operation's id in the schema, or what a view calls itself; empty where there is no such address."""
    view = getattr(match.func, "view_class", None) if match else None
    if named := getattr(view, "operation", ""):
        return named
    handler = getattr(view, "get" if method == "HEAD" else method.lower(), None)
    schema = getattr(handler, "kwargs", {}).get("schema")
    return "" if schema is None else _id_in_schema(schema, view)


@cache
def _id_in_schema(schema: Any, view: Any) -> str:
    described = schema()
    described.view = view()
    described.view.request = None
    described.view.kwargs = {}
    return str(described.get_operation_id())[:80]


def _code_of(response: HttpResponse) -> str:
    if response.status_code < 400:
        return ""
    data = getattr(response, "data", None)
    return str(data.get("code", ""))[:60] if isinstance(data, dict) else ""


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else 0
