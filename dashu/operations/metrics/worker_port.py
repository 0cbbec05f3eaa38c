"""
A worker's figures, at a port of their own: DASHU_METRICS_PORT.

A worker answers no other requests. The main process answers for all its children, whose files it reads.
"""

import logging
from collections.abc import Iterable
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from celery.signals import worker_ready
from django.conf import settings

from dashu.operations.metrics.exposition import CONTENT_TYPE, PROCESSES, exposed, may_read

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

logger = logging.getLogger(__name__)


def connect() -> None:
    worker_ready.connect(open_port, dispatch_uid="metrics.worker_port")


def open_port(**_given: Any) -> WSGIServer | None:
    """Answer from now on; return the server, None where no port or no token is given."""
    if not (settings.METRICS_PORT and settings.METRICS_TOKEN):
        return None
    try:
        server = make_server("", settings.METRICS_PORT, answer, handler_class=_Silent)
    except OSError as error:  # a second worker on this host; it works all the same
        logger.warning("No figures at port %s: %s", settings.METRICS_PORT, error)
        return None
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    is_asked = environ.get("PATH_INFO") == PROCESSES and may_read(str(environ.get("HTTP_AUTHORIZATION", "")))
    text = exposed(PROCESSES) if is_asked else None
    if text is None:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b""]
    start_response("200 OK", [("Content-Type", CONTENT_TYPE)])
    return [text]


class _Silent(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *_args: Any) -> None:
        """Write no line for every question."""
