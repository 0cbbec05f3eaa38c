"""Which rows a page of the back office shows, where its address does not say so and it is no list of the admin's."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest


def shows(request: HttpRequest, rows: Sequence[Any]) -> None:
    """Remember the rows that the answer to this request shows; all of one model."""
    request.shown_rows = rows  # type: ignore[attr-defined]


def shown_rows(request: HttpRequest) -> Sequence[Any]:
    return getattr(request, "shown_rows", ())
