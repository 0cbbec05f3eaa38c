"""An installation in which nothing is real says so, on every page and with every answer."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

HEADER = "Dashu-Sandbox"


class SayItIsSandbox:
    """Put `Dashu-Sandbox: true` on every answer of a sandbox."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if settings.SANDBOX:
            answer[HEADER] = "true"
        return answer


def is_sandbox(_request: HttpRequest) -> dict[str, bool]:
    """Tell templates, for the line at the top of every page."""
    return {"is_sandbox": settings.SANDBOX}


def label(_request: HttpRequest) -> list[str] | None:
    """Return the mark of the back office's pages."""
    return [_("Sandbox"), "warning"] if settings.SANDBOX else None
