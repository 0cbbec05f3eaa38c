"""Reading a body: JSON as partners should send it, refused before it can do harm."""

import json
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from dashu.kernel.errors import DomainError
from dashu.kernel.strict_json import TooDeep, read_json
from dashu.uploads import MOST_BYTES, is_too_large

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20


class MalformedJson(DomainError):
    """The body is not one JSON document in UTF-8, or names a key twice."""

    code = "malformed_json"
    http_status = 400


class JsonTooDeep(DomainError):
    """The body nests deeper than any request of this API."""

    code = "json_too_deep"
    http_status = 400


class BodyTooLarge(DomainError):
    """The body is larger than any request of this API."""

    code = "body_too_large"
    http_status = 413


class LengthRequired(DomainError):
    """The body came in pieces without a `Content-Length`. Send its length with it."""

    code = "length_required"
    http_status = 411


def refuse_unknown_length(request: Request) -> None:
    """
    Refuse a body in pieces: it would be read as none, and the refusal of that would blame a field.

    :raises LengthRequired: see there.
    """
    is_in_pieces = "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH")
    if is_in_pieces and request.method not in SAFE_METHODS:
        raise LengthRequired(_("Send the length of the body in Content-Length, not the body in pieces without it."))


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise BodyTooLarge(_("The body must not be larger than %(bound)s bytes."), params={"bound": MAX_BYTES})
        try:
            return read_json(body.decode("utf-8-sig"), most_levels=MAX_DEPTH)
        except TooDeep as error:
            raise JsonTooDeep(_("The body nests deeper than %(bound)s levels."), params={"bound": MAX_DEPTH}) from error
        except ValueError as error:
            raise MalformedJson(
                _("The body is not valid JSON: %(reason)s. Send one JSON object in UTF-8."),
                params={"reason": _reason(error)},
            ) from error


class MalformedUpload(DomainError):
    """The body is not one form in multipart/form-data, or has more fields than any form of this API."""

    code = "malformed_upload"
    http_status = 400


class StrictMultiPartParser(MultiPartParser):
    """Reads a form with one file; a body that is too large leaves nothing in memory or on disk."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            form = super().parse(stream, media_type, parser_context)
        except (ParseError, SuspiciousOperation) as error:
            raise MalformedUpload(_("The body is not a form that can be read. Send multipart/form-data.")) from error
        if is_too_large(parser_context["request"]):
            raise BodyTooLarge(_("The body must not be larger than %(bound)s bytes."), params={"bound": MOST_BYTES})
        return form


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.lineno}:{error.colno}"
    return "UTF-8" if isinstance(error, UnicodeError) else str(error)[:80].encode("utf-8", "backslashreplace").decode()
