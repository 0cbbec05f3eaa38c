"""
What the API is compared with: a view of the same framework that does nothing, and a program that only reads the row.

The first is an address beside those of the site, so it passes through the same server and the same middleware. The
second is a program of its own for the same kind of server, with nothing in it but `psycopg2`.
"""

import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

ROW = """
SELECT loan.*, product.code, balance.*
FROM loans_loan AS loan
JOIN loans_productterms AS terms ON terms.id = loan.product_terms_id
JOIN loans_product AS product ON product.id = terms.product_id
LEFT JOIN repayments_loanbalance AS balance ON balance.loan_id = loan.id
WHERE loan.number = %s AND loan.partner_id = %s
"""
_own = threading.local()


def raw(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A WSGI program: the row of a loan and of its balance as JSON, by one statement on a connection kept open."""
    import psycopg2

    if not hasattr(_own, "connection"):
        _own.connection = psycopg2.connect(os.environ["DATABASE_URL"])
        _own.connection.autocommit = True
    with _own.connection.cursor() as cursor:
        cursor.execute(ROW, [environ["PATH_INFO"].rpartition("/")[2], os.environ["BENCHMARK_PARTNER"]])
        found = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
    body = json.dumps(found, default=str).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _addresses() -> list[Any]:
    from django.urls import path
    from rest_framework.response import Response
    from rest_framework.views import APIView

    from dashu.urls import urlpatterns as of_the_site

    class Bare(APIView):
        authentication_classes = ()
        permission_classes = ()

        def get(self, _request: Any) -> Response:
            return Response({"status": "ok"})

    return [path("bare", Bare.as_view()), *of_the_site]


def __getattr__(name: str) -> Any:
    if name == "urlpatterns":  # read only where Django is set up
        return _addresses()
    raise AttributeError(name)
