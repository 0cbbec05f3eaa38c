"""
The web application, except that a request can ask for the death of the process that serves it.

`Die-At: 5` kills the process with signal 9 at the fifth moment of the request: the moments are before each statement,
before and after each commit of the database, and after the answer is made but not sent. A request with fewer moments
is answered.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from django.db import connection

from dashu.wsgi import application as dashu

# isort: split

from dashu.ledger import chart
from loans.models import ProductTerms
from loans.selectors.products import product_code_of

HEADER = "Die-At"
# What a process reads once and keeps would give one request more moments than the next.
chart.KEEP_SECONDS = 3600


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    wanted = environ.get("HTTP_DIE_AT")
    if wanted is None:
        return dashu(environ, start_response)
    _read_what_is_kept()
    passed = count(1)

    def pass_moment() -> None:
        if next(passed) == int(wanted):
            os.kill(os.getpid(), signal.SIGKILL)

    with _moments(pass_moment):
        answer = dashu(environ, start_response)
        pass_moment()
    return answer


def _read_what_is_kept() -> None:
    chart.accounts_for("")
    for version_id in ProductTerms.objects.values_list("pk", flat=True):
        product_code_of(version_id)


@contextmanager
def _moments(pass_moment: Callable[[], None]) -> Iterator[None]:
    commit = connection._commit

    def commit_between_moments() -> None:
        pass_moment()
        commit()
        pass_moment()

    def execute(run: Callable[..., Any], *arguments: Any) -> Any:
        pass_moment()
        return run(*arguments)

    connection._commit = commit_between_moments
    try:
        with connection.execute_wrapper(execute):
            yield
    finally:
        connection._commit = commit
