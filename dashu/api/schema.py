"""What the OpenAPI document says beyond the serializers: how to get a token, and every refusal of an operation."""

from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from oauth2_provider.scopes import get_scopes_backend
from rest_framework import serializers

from dashu.api.authentication import PartnerInactive
from dashu.api.client_checks import CertificateDiffers, CertificateMissing, NetworkNotAllowed
from dashu.api.errors import PROBLEM_TYPE, InternalError, TryAgainLater
from dashu.api.idempotency import (
    HEADER,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    RequestInProgress,
)
from dashu.api.parsing import BodyTooLarge, JsonTooDeep, LengthRequired, MalformedJson, MalformedUpload
from dashu.api.permissions import InsufficientScope
from dashu.api.rate_limits import RateLimited
from dashu.kernel.errors import DomainError, InvalidInput


class Fault(serializers.Serializer):
    """One faulty input."""

    code = serializers.CharField()
    detail = serializers.CharField()
    field = serializers.CharField(allow_null=True)


class Problem(serializers.Serializer):
    """Problem details as in RFC 9457."""

    type = serializers.CharField(help_text="The address at which `code` is explained.")
    title = serializers.CharField(help_text="The name of the HTTP status.")
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; branch on it.")
    detail = serializers.CharField(help_text="One sentence that says what to do, in the language asked for.")
    field = serializers.CharField(allow_null=True, help_text="The input that is to blame, null when no single one is.")
    errors = Fault(  # type: ignore[assignment]
        many=True, required=False, help_text="All faulty inputs, when there are several."
    )
    details = serializers.DictField(required=False, help_text="Further values for programs.")


class Refusal(NamedTuple):
    """A problem that an operation may answer."""

    status: int
    code: str
    meaning: str


EVERYWHERE = (
    Refusal(401, "not_authenticated", "The request has no token."),
    Refusal(401, "invalid_token", "The token is not valid or has expired."),
    CertificateMissing,
    CertificateDiffers,
    PartnerInactive,
    NetworkNotAllowed,
    InsufficientScope,
    Refusal(405, "method_not_allowed", "This address has no such method."),
    Refusal(406, "not_acceptable", "The API answers in JSON only."),
    RateLimited,
    InternalError,
    TryAgainLater,
)
TOO_LONG = Refusal(422, "too_long", "The text is too long.")
BODY = (
    MalformedJson,
    JsonTooDeep,
    BodyTooLarge,
    LengthRequired,
    Refusal(415, "unsupported_media_type", "The body must be sent as application/json."),
    Refusal(422, "missing_field", "A field is missing or empty."),
    Refusal(422, "unknown_field", "A field is not known."),
    TOO_LONG,
    InvalidInput,
)
QUERY = (
    Refusal(422, "missing_field", "A query parameter is missing or empty."),
    Refusal(422, "unknown_field", "A query parameter is not known."),
    TOO_LONG,
    InvalidInput,
)
# A write is sent with an `Idempotency-Key`.
KEYED = (IdempotencyKeyMissing, IdempotencyKeyInvalid, IdempotencyKeyReused, RequestInProgress)
# A form with a file.
UPLOAD = (
    MalformedUpload,
    BodyTooLarge,
    LengthRequired,
    Refusal(415, "unsupported_media_type", "The body must be sent as multipart/form-data."),
    Refusal(422, "missing_field", "A field is missing or empty."),
    Refusal(422, "unknown_field", "A field is not known."),
    TOO_LONG,
    *KEYED,
)
WRITE = (*BODY, *KEYED)
IF_MATCH = OpenApiParameter(
    "If-Match",
    location=OpenApiParameter.HEADER,
    description="`ETag` of what you read: the change is refused where it is not that any more.",
)
IF_MATCH_DEMANDED = OpenApiParameter(
    "If-Match",
    location=OpenApiParameter.HEADER,
    required=True,
    description=(
        "`ETag` of what you read without a query: the change is refused where it is not that any more. `*` changes "
        "whatever is there."
    ),
)

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    required=True,
    pattern=r"^[!-~]{1,255}$",
    description=(
        "A new key for each write, the same key when you try again: the write is carried out once and the first answer "
        "comes back, marked with `Idempotent-Replayed: true`. A refused request wrote nothing and its key is free "
        "again. Keys are kept for 30 days."
    ),
)


def problems(*refusals: type[DomainError] | Refusal) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the documented problem answers of an operation, one example for each code."""
    by_status: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for refusal in (*EVERYWHERE, *refusals):
        status, code, meaning = _entry(refusal)
        by_status[status][code] = meaning
    return {
        (status, PROBLEM_TYPE): OpenApiResponse(
            Problem,
            description="; ".join(f"`{code}`: {meaning}" for code, meaning in sorted(meanings.items())),
            examples=list(_examples(status, sorted(meanings.items()))),
        )
        for status, meanings in sorted(by_status.items())
    }


def _entry(refusal: type[DomainError] | Refusal) -> Refusal:
    if isinstance(refusal, Refusal):
        return refusal
    meaning = " ".join((refusal.__doc__ or "").split("\n\n")[0].split())
    return Refusal(refusal.http_status, refusal.code, meaning)


def _examples(status: int, meanings: Iterable[tuple[str, str]]) -> Iterable[OpenApiExample]:
    for code, meaning in meanings:
        yield OpenApiExample(
            code,
            value={
                "type": f"https://lender.example/api/v1/errors/#{code}",
                "title": HTTPStatus(status).phrase,
                "status": status,
                "code": code,
                "detail": meaning,
                "field": None,
            },
            response_only=True,
            status_codes=[str(status)],
            media_type=PROBLEM_TYPE,
        )


class PartnerScheme(OpenApiAuthenticationExtension):
    """The token that a partner's program gets for its client id and secret."""

    target_class = "dashu.api.authentication.PartnerAuthentication"
    name = "partner"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        scopes = get_scopes_backend().get_all_scopes()
        return {
            "type": "oauth2",
            "description": "Client credentials: POST client id and secret (HTTP Basic) to /oauth/token/.",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token/", "scopes": scopes}},
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        return {self.name: list(auto_schema.view.required_scopes)}


def describe_all_answers(result: dict[str, Any], **_how: Any) -> dict[str, Any]:
    """Say what every answer carries, and that a read can be answered with 304; a hook of the schema's generator."""
    components = result.setdefault("components", {})
    components["headers"] = HEADERS
    components.setdefault("parameters", {})["IfNoneMatch"] = IF_NONE_MATCH
    for item in result["paths"].values():
        for method, operation in item.items():
            if method == "get":
                operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})
                operation["responses"]["304"] = {"description": "What `If-None-Match` names is what there is."}
            for status, answer in operation["responses"].items():
                named = _headers_of(method, status) + (["Deprecation", "Sunset"] if "deprecated" in operation else [])
                answer.setdefault("headers", {}).update(
                    {name: {"$ref": f"#/components/headers/{name}"} for name in named}
                )
    return result


def _headers_of(method: str, status: str) -> list[str]:
    names = ["X-Request-Id"]
    if status not in ("401", "403"):
        names += ["RateLimit-Policy", "RateLimit"]
    if method == "get" and status in ("200", "304"):
        names.append("ETag")
    return [*names, "Retry-After"] if status in ("429", "503") else names


HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "Names this call; tell it to us when you ask about one.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "RateLimit-Policy": {
        "description": 'How many calls this client may make, such as `"reads";q=1200;w=60`: 1200 in 60 seconds.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'How many it may make now, and in how many seconds all of them again: `"reads";r=1199;t=1`.',
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds after which the next call is taken.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Deprecation": {
        "description": "Since when nobody should build on this operation any more, as `@` and seconds since 1970.",
        "schema": {"type": "string"},
    },
    "Sunset": {
        "description": "From when on this operation may be gone.",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "Names this answer; send it in `If-None-Match` to be answered 304 while it is the same.",
        "schema": {"type": "string"},
    },
}
IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "description": "`ETag` of the answer that you have; while it is the same, 304 comes without a body.",
    "schema": {"type": "string"},
}
