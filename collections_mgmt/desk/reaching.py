"""
The place at a file where reaching the borrower stands.

No number is shown here. Whatever may offer a call registers itself, with a template of its own and its values; until
then the page says that messages go out by themselves.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from collections_mgmt.models import CaseFile

# Returns the template to include and what it takes.
Way = Callable[[HttpRequest, CaseFile], tuple[str, dict[str, Any]]]
WAYS: list[Way] = []


def register_way(way: Way) -> None:
    WAYS.append(way)


def ways_to_reach(request: HttpRequest, file: CaseFile) -> list[dict[str, Any]]:
    return [{"template": template, **values} for template, values in (way(request, file) for way in WAYS)]
