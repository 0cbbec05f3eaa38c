"""
The places at a file that other parts of the program fill: where reaching the borrower stands, and pages of their own.

No number is shown here. Whatever may offer a call registers itself, with a template of its own and its values; until
then the page says that messages go out by themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from collections_mgmt.models import CaseFile
from dashu.web.staff_tables import Figure, Table

# Returns the template to include and what it takes.
Way = Callable[[HttpRequest, CaseFile], tuple[str, dict[str, Any]]]
WAYS: list[Way] = []


def register_way(way: Way) -> None:
    WAYS.append(way)


def ways_to_reach(request: HttpRequest, file: CaseFile) -> list[dict[str, Any]]:
    return [{"template": template, **values} for template, values in (way(request, file) for way in WAYS)]


@dataclass(frozen=True, slots=True)
class FilePage:
    """What a page at a file shows, for reading only."""

    note: Any
    figures: Sequence[Figure]
    tables: Sequence[Table]


@dataclass(frozen=True, slots=True)
class PageAtFile:
    """:param code: part of its address. :param make: makes it for whoever asks, and keeps that they looked."""

    code: str
    title: Any
    make: Callable[[HttpRequest, CaseFile], FilePage]


PAGES: dict[str, PageAtFile] = {}


def register_page(page: PageAtFile) -> None:
    """Let every file link to a page of an app above. Registering a code again replaces it."""
    PAGES[page.code] = page
