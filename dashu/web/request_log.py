"""
A line in the log for every request: without what an address is the only key to, and without what was asked for in it,
which may be somebody's name.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from dashu.web.logs import without_keys

# What an address calls a loan: its public number, or its row.
_LOAN = ("number", "loan_id", "loan")


class LogRequests(RequestMiddleware):
    @staticmethod
    def format_request(request: HttpRequest) -> str:
        asked = "&".join(f"{name}=…" for name in request.GET)
        return without_keys(f"{request.method} {request.path}{'?' if asked else ''}{asked}")

    def process_view(self, _request: HttpRequest, _view: Any, _args: Any, given: Mapping[str, Any]) -> None:
        """Every line that is written for a page of a loan says of which."""
        if loan := next((given[name] for name in _LOAN if name in given), None):
            structlog.contextvars.bind_contextvars(loan=str(loan))
