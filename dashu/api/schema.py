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
from dashu.api.errors import PROBLEM_TYPE, InternalError
from dashu.api.idempotency import HEADER, IdempotencyKeyInvalid, IdempotencyKeyMissing, IdempotencyKeyReused
from dashu.api.parsing import BodyTooLarge, JsonTooDeep, MalformedJson
from dashu.api.permissions import InsufficientScope
from dashu.kernel.errors import DomainError, InvalidInput


class Fault(serializers.Serializer):
    """One faulty input."""

    code = serializers.CharField()
    detail = serializers.CharField()
    field = serializers.CharField(allow_null=True)


class Problem(serializers.Serializer):
    """Problem details as in RFC 9457."""

    type = serializers.CharField(help_text="Always about:blank; `code` tells problems apart.")
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
    PartnerInactive,
    InsufficientScope,
    Refusal(405, "method_not_allowed", "This address has no such method."),
    Refusal(406, "not_acceptable", "The API answers in JSON only."),
    InternalError,
)
TOO_LONG = Refusal(422, "too_long", "The text is too long.")
BODY = (
    MalformedJson,
    JsonTooDeep,
    BodyTooLarge,
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
WRITE = (*BODY, IdempotencyKeyMissing, IdempotencyKeyInvalid, IdempotencyKeyReused)

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    required=True,
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
                "type": "about:blank",
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
