"""Pages by keyset: page one hundred thousand costs what page one costs, and a new row shifts nothing."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from dashu.api.reading import ReadQuery
from dashu.kernel.errors import DomainError

MAX_LIMIT = 200
_SALT = "dashu.api.cursor"
_OF_A_PAGE = ("cursor", "limit", "fields")
_SHORTEST = 16  # so that the length of a cursor says nothing of how large a number is


class InvalidCursor(DomainError):
    """The cursor is not one that this list gave out with these filters."""

    code = "invalid_cursor"


@dataclass(frozen=True, slots=True)
class Page:
    """:param next_cursor: opaque; None on the last page."""

    rows: list[Any]
    next_cursor: str | None


class PageQuery(ReadQuery):
    """The query parameters of every list; `shape` is that of one row."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=50, help_text="Rows a page.")
    cursor = serializers.CharField(
        max_length=200,
        default="",
        allow_blank=True,
        help_text="`next_cursor` of the page before; leave out for the first page.",
    )


def asked_list(request: Request, **settled: Any) -> str:
    """
    Return what names a list and its filters, for its cursors to be good for nothing else.

    How many rows a page has, and which of their fields are shown, may be another from page to page.

    :param settled: what the list goes by although the request does not say it, such as the day of today.
    """
    filters = {name: value for name, value in request.query_params.items() if name not in _OF_A_PAGE}
    return json.dumps([request.path, sorted(filters.items()), sorted(settled.items())], default=str)


def sealed(place: Any, *, of: str) -> str:
    """
    Return an opaque cursor for a place in a list, the same for the same place.

    It is encrypted, since places are row numbers, from which one partner would learn how much others bring.

    :param of: names the list, see `asked_list`.
    """
    told = json.dumps(place, separators=(",", ":")).ljust(_SHORTEST).encode()
    return base64.urlsafe_b64encode(_cipher(settings.SECRET_KEY, of).encrypt(told, None)).decode().rstrip("=")


def opened(cursor: str, *, of: str) -> Any:
    """
    Return the place that a cursor stands for.

    :raises InvalidCursor: `sealed` did not give it out for this list.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            sealed_place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            return json.loads(_cipher(key, of).decrypt(sealed_place, None))
        except (InvalidTag, ValueError):  # the latter also for what is no base64
            continue
    raise InvalidCursor(
        _(
            "This cursor is not valid here. Take next_cursor from the page before and send it with the same "
            "filters, or start without one."
        ),
        field="cursor",
    )


def _cipher(key: str | bytes, of: str) -> AESSIV:
    """It needs no nonce: the same place gives the same cursor, by which an answer keeps its ETag."""
    return AESSIV(salted_hmac(_SALT, of, secret=key, algorithm="sha512").digest())


def newest_first(queryset: QuerySet[Any], *, limit: int, of: str, cursor: str = "") -> Page:
    """
    Return one page in falling order of the key. :param of: names the list, see `asked_list`.

    :raises InvalidCursor: the cursor was not given out for this list.
    """
    if cursor:
        queryset = queryset.filter(pk__lt=opened(cursor, of=of))
    rows: list[Model] = list(queryset.order_by("-pk")[: limit + 1])
    has_more = len(rows) > limit
    return Page(rows[:limit], sealed(rows[limit - 1].pk, of=of) if has_more else None)
