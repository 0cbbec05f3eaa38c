"""A line in the log for every request, without what an address is the only key to."""

import re

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

# Whoever holds one of these addresses may open what it leads to, so nobody learns it from a log.
_KEYS = re.compile(r"(/(?:guarantee|sign|stop|password/reset/key)/)[^/?\s]+")


class LogRequests(RequestMiddleware):
    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return _KEYS.sub(r"\1…", f"{request.method} {request.get_full_path()}")
