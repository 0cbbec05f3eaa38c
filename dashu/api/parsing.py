"""Reading a body: JSON as partners should send it, refused before it can do harm."""

import json
from math import isinf
from typing import Any, NoReturn

from django.core.exceptions import SuspiciousOperation
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

from dashu.kernel.errors import DomainError
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


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise BodyTooLarge(_("The body must not be larger than %(bound)s bytes."), params={"bound": MAX_BYTES})
        try:
            document = json.loads(
                body.decode("utf-8-sig"),
                parse_constant=_refuse_constant,
                parse_float=_finite,
                object_pairs_hook=_without_repeats,
            )
            _refuse_deep(document)
            _refuse_what_is_no_text(document)
        except RecursionError as error:
            raise _too_deep() from error
        except ValueError as error:
            raise MalformedJson(
                _("The body is not valid JSON: %(reason)s. Send one JSON object in UTF-8."),
                params={"reason": _reason(error)},
            ) from error
        return document


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


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(number: str) -> float:
    """Python reads 1e400 as infinity, which JSON does not have and no answer could hold."""
    if isinf(value := float(number)):
        raise ValueError(number)
    return value


def _refuse_what_is_no_text(document: Any) -> None:
    """Half of a surrogate pair can be written in JSON, but neither stored nor sent back."""
    json.dumps(document, ensure_ascii=False).encode()


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(next(name for name in names if names.count(name) > 1)[:40])
    return document


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.lineno}:{error.colno}"
    return "UTF-8" if isinstance(error, UnicodeError) else str(error)[:80].encode("utf-8", "backslashreplace").decode()


def _refuse_deep(document: Any) -> None:
    """Level by level and not by recursion, which a deep document would exhaust."""
    level = [document]
    for _depth in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> JsonTooDeep:
    return JsonTooDeep(_("The body nests deeper than %(bound)s levels."), params={"bound": MAX_DEPTH})
