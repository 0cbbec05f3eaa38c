"""Long lists, newest first, page by page: the next page costs what the first one costs."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from dashu.api.pagination import InvalidCursor, opened, sealed

ROWS_A_PAGE = 50
_LISTS = "console"


@dataclass(frozen=True, slots=True)
class Listed:
    """:ivar older: the query of the next page with the filters of this one; "" on the last."""

    rows: list[Any]
    older: str
    is_first: bool


def page_of(request: HttpRequest, rows: QuerySet[Any], *, by: str = "pk") -> Listed:
    """:param by: the field that falls from row to row, of which no two have the same."""
    cursor = request.GET.get("cursor", "")
    if cursor:
        try:
            rows = rows.filter(**{f"{by}__lt": opened(cursor, of=_LISTS)})
        except InvalidCursor as error:
            raise Http404 from error
    found = list(rows.order_by(f"-{by}")[: ROWS_A_PAGE + 1])
    older = ""
    if len(found) > ROWS_A_PAGE:
        query = request.GET.copy()
        query["cursor"] = sealed(getattr(found[ROWS_A_PAGE - 1], by), of=_LISTS)
        older = query.urlencode()
    return Listed(found[:ROWS_A_PAGE], older, not cursor)
