"""A line in the log for every request, without what an address is the only key to."""

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from dashu.web.logs import without_keys


class LogRequests(RequestMiddleware):
    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return without_keys(f"{request.method} {request.get_full_path()}")
