"""
Reading and changing under conditions (RFC 9110, section 13): what the caller has is not sent again, and what changed
under its feet is not overwritten.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from django.utils.http import parse_etags
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from dashu.kernel.errors import DomainError

GZIP = "{}-gzip"  # the tag of the same answer, compressed


class PreconditionRequired(DomainError):
    """The update came without an `If-Match` header. Read the resource and send its `ETag` there."""

    code = "precondition_required"
    http_status = 428


class PreconditionFailed(DomainError):
    """The resource has changed since it had the `ETag` in `If-Match`. Read it again."""

    code = "precondition_failed"
    http_status = 412


def entity_tag(content: bytes, *, language: str, unshown: str = "") -> str:
    """
    Return the opaque part of a tag: other bytes, or the same in another language, have another one.

    :param unshown: what else of the resource counts as a change, although its readers are not shown it.
    """
    return sha256(f"{language}\n{unshown}\n".encode() + content).hexdigest()[:32]


def with_unshown(response: Response, unshown: str) -> Response:
    """Have the tag of this answer change with what its readers are not shown."""
    response.unshown = unshown  # type: ignore[attr-defined]
    return response


def is_known(tag: str, given: Iterable[str]) -> bool:
    """Tell whether `If-None-Match` names this tag, in the weak comparison that it asks for."""
    return any(each == "*" or each.removeprefix("W/") == f'"{tag}"' for each in given)


def require_match(request: Request, document: Any, *, demanded: bool = True, unshown: str = "") -> None:
    """
    Refuse an update of a resource that is no longer what the caller read. Call it when the row is locked.

    :param document: what a GET of the resource answers now, as plain values, in the language of this request.
    :param demanded: whether an update without `If-Match` is refused.
    :param unshown: of `with_unshown`, where the GET has one.
    :raises PreconditionRequired: there is no `If-Match`. :raises PreconditionFailed: it names another state.
    """
    given = request.headers.get("If-Match")
    if given is None:
        if demanded:
            raise PreconditionRequired(
                _("Read the resource first and send its ETag in If-Match, so that no other change is lost."),
                field="If-Match",
            )
        return
    tag = entity_tag(JSONRenderer().render(document), language=get_language() or "", unshown=unshown)
    # The strong comparison: a tag that a proxy has weakened says nothing of what the caller read.
    if not {"*", f'"{tag}"', f'"{GZIP.format(tag)}"'} & set(parse_etags(given)):
        raise PreconditionFailed(
            _("It has changed since you read it. Read it again, then send your change with the new ETag."),
            field="If-Match",
        )
