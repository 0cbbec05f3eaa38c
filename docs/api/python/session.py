"""
What a program needs around the generated calls: a token that renews itself, tries again that do no harm, all pages.

    from dashu_client.session import connect, each, new_key

    with connect("https://sandbox.example", client_id, client_secret) as client:
        for loan in each(list_loans.sync, client=client):
            ...
"""

import time
import uuid
from collections.abc import Callable, Generator, Iterator
from typing import Any

import httpx

from .client import Client
from .models.problem import Problem

_MAY_HEAL = {429, 500, 502, 503, 504}
_READS = {"GET", "HEAD", "OPTIONS"}


class Refused(Exception):
    """The API refused: branch on `problem.code`, show `problem.detail`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem


def connect(
    base_url: str,
    client_id: str,
    client_secret: str,
    *,
    scope: str = "",
    language: str = "en",
    attempts: int = 5,
    timeout: float = 30.0,
) -> Client:
    """
    Return a client that gets tokens by itself.

    :param scope: scopes with spaces between them; all that the client has when empty.
    :param attempts: how often a request is sent before its failure is told.
    """
    base_url = base_url.rstrip("/")
    return Client(
        base_url=base_url,
        headers={"Accept-Language": language},
        timeout=httpx.Timeout(timeout),
        httpx_args={
            "auth": _Token(f"{base_url}/oauth/token/", client_id, client_secret, scope),
            "transport": Patient(httpx.HTTPTransport(), attempts=attempts),
        },
    )


def new_key() -> str:
    """Return an `Idempotency-Key` for one write. Keep it until an answer came: the same key is the same write."""
    return uuid.uuid4().hex


def told(answer: Any) -> Any:
    """Return the answer of a call, or raise what it was refused with."""
    if isinstance(answer, Problem):
        raise Refused(answer)
    return answer


def each(listing: Callable[..., Any], **asked: Any) -> Iterator[Any]:
    """Ask for one page after the other and return all rows. :param listing: `sync` of an operation that has pages."""
    page = told(listing(**asked))
    yield from page.results
    while page.next_cursor:
        page = told(listing(**{**asked, "cursor": page.next_cursor}))
        yield from page.results


class Patient(httpx.BaseTransport):
    """
    Sends a request again when no answer came or one that can heal, with the same headers.

    A write is sent again only with its `Idempotency-Key`, so it is carried out once however often it is sent.
    """

    def __init__(
        self, inner: httpx.BaseTransport, *, attempts: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._inner, self._attempts, self._sleep = inner, attempts, sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        last = self._attempts if request.method in _READS or "Idempotency-Key" in request.headers else 1
        for attempt in range(1, last + 1):
            wait = min(2.0**attempt / 4, 10.0)
            try:
                answer = self._inner.handle_request(request)
            except httpx.TransportError:
                if attempt == last:
                    raise
            else:
                if answer.status_code not in _MAY_HEAL or attempt == last:
                    return answer
                answer.close()
                given = answer.headers.get("Retry-After", "")
                wait = min(float(given), 60.0) if given.isdecimal() else wait
            self._sleep(wait)
        raise AssertionError("unreachable")

    def close(self) -> None:
        self._inner.close()


class _Token(httpx.Auth):
    """Gets a token for the client id and secret, and another when it is about to end or is refused."""

    requires_response_body = True

    def __init__(self, url: str, client_id: str, client_secret: str, scope: str) -> None:
        self._url, self._credentials, self._scope = url, (client_id, client_secret), scope
        self._token, self._until = "", 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if time.monotonic() > self._until:
            yield from self._renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        answer = yield request
        if answer.status_code == 401:
            yield from self._renew()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _renew(self) -> Generator[httpx.Request, httpx.Response, None]:
        form = {"grant_type": "client_credentials", **({"scope": self._scope} if self._scope else {})}
        asking = httpx.Request("POST", self._url, data=form)
        asking = next(httpx.BasicAuth(*self._credentials).auth_flow(asking))
        answer = yield asking
        answer.raise_for_status()
        given = answer.json()
        self._token, self._until = given["access_token"], time.monotonic() + given["expires_in"] - 60
