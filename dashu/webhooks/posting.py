"""
One request to somebody else's server, which may be slow, broken or hostile.

It goes to an address that was checked (see `dashu.webhooks.addresses`), through no proxy, follows nothing, and ends at
a deadline however the bytes trickle. It raises nothing: what went wrong is in the reply.
"""

import io
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse
from typing import Any

from dashu.webhooks.addresses import AddressNotAllowed, Target, WebhookUrlRefused, addresses_of
from dashu.webhooks.addresses import read_target as _read_target
from dashu.webhooks.models import WebhookAttempt
from dashu.webhooks.names import NameNotResolved

Failure = WebhookAttempt.Failure
MOST_ANSWER = 64 * 1024
_MOST_READ = MOST_ANSWER + 32 * 1024  # with the header lines
AGENT = "Dashu-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. :param total: for everything, from the name to the last byte."""

    connect: float = 5
    read: float = 10
    total: float = 15


@dataclass(frozen=True, slots=True)
class Reply:
    """
    :param status: of the answer; None where there was none.
    :param body: its first 64 KiB.
    :param retry_after: seconds for which the receiver asked.
    :param failure: why it does not count as taken, "" where it does.
    """

    status: int | None = None
    body: bytes = b""
    milliseconds: int = 0
    retry_after: int | None = None
    failure: str = ""

    @property
    def is_taken(self) -> bool:
        return not self.failure


def post(url: str, body: bytes, headers: Mapping[str, str], *, whose: int, limits: Limits | None = None) -> Reply:
    """Post JSON, and return what came of it. :param whose: id of the partner whose endpoint it is."""
    about = {"Accept": "application/json", "Content-Type": "application/json", "Content-Length": str(len(body))}
    return _asked("POST", url, body, {"User-Agent": AGENT, **about, **headers}, whose, limits or Limits())


def get(url: str, headers: Mapping[str, str], *, whose: int, limits: Limits | None = None) -> Reply:
    """Ask for a page, and return what came of it. :param whose: 0 for the lender, whose pages name it."""
    return _asked("GET", url, b"", headers, whose, limits or Limits())


def _asked(method: str, url: str, body: bytes, headers: Mapping[str, str], whose: int, limits: Limits) -> Reply:
    began = time.monotonic()
    seen, deadline = _Seen(), began + limits.total
    try:
        target = _read_target(url)
        with closing(_connected(target, limits, whose=whose, deadline=deadline)) as sock:
            _exchange(sock, _request(method, target, body, headers), seen, limits, deadline=deadline)
        failure = _failure_of(seen.status)
    except (WebhookUrlRefused, AddressNotAllowed):
        failure = Failure.ADDRESS
    except NameNotResolved:
        failure = Failure.NAME
    except TimeoutError:
        failure = Failure.TIMEOUT
    except ssl.SSLError:
        failure = Failure.TLS
    except HTTPException:
        failure = Failure.PROTOCOL if seen.status is None and seen.has_answered else Failure.CONNECTION
    except (OSError, UnicodeError, ValueError):
        failure = Failure.CONNECTION
    milliseconds = round((time.monotonic() - began) * 1000)
    return Reply(seen.status, bytes(seen.body), milliseconds, seen.retry_after, str(failure))


@dataclass(slots=True)
class _Seen:
    """What has come of an answer so far; a failure later keeps it."""

    status: int | None = None
    body: bytes = b""
    retry_after: int | None = None
    has_answered: bool = False


def _failure_of(status: int | None) -> str:
    assert status is not None
    if 200 <= status < 300:
        return ""
    return Failure.REDIRECT if 300 <= status < 400 else Failure.STATUS


def _exchange(sock: socket.socket, request: bytes, seen: _Seen, limits: Limits, *, deadline: float) -> None:
    sock.settimeout(_left(deadline, limits.read))
    sock.sendall(request)
    line = _Line(sock, seen, limits.read, deadline=deadline)
    answer = HTTPResponse(_Source(line))  # type: ignore[arg-type]
    answer.begin()
    seen.status = answer.status
    seen.retry_after = _seconds(answer.getheader("Retry-After"))
    seen.body = answer.read(MOST_ANSWER)


def _connected(target: Target, limits: Limits, *, whose: int, deadline: float) -> socket.socket:
    failed: OSError | None = None
    for address in addresses_of(target, whose=whose, seconds=_left(deadline, limits.connect)):
        try:
            sock = socket.create_connection((address, target.port), timeout=_left(deadline, limits.connect))
        except OSError as error:
            failed = error
            continue
        if target.scheme == "http":
            return sock
        try:
            return tls_context().wrap_socket(sock, server_hostname=target.host)
        except BaseException:
            sock.close()
            raise
    assert failed is not None
    raise failed


@cache
def tls_context() -> ssl.SSLContext:
    """Certificates are checked against those whom this machine trusts, and names against certificates."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _request(method: str, target: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = {"Host": target.host_header, "Connection": "close", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {target.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _left(deadline: float, most: float) -> float:
    """:raises TimeoutError: nothing is left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, most)


def _seconds(text: str | None) -> int | None:
    """Return the seconds of a `Retry-After`; the other form, a date of the receiver's clock, is not trusted."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else None


class _Line(io.RawIOBase):
    """What comes in on a socket, up to a deadline and a bound."""

    def __init__(self, sock: socket.socket, seen: _Seen, read: float, *, deadline: float) -> None:
        self._sock, self._seen, self._read, self._deadline = sock, seen, read, deadline
        self._room = _MOST_READ

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._room <= 0:
            return 0
        self._sock.settimeout(_left(self._deadline, self._read))
        view = memoryview(buffer)[: self._room]
        count = self._sock.recv_into(view)
        self._room -= count
        self._seen.has_answered = self._seen.has_answered or count > 0
        return count


class _Source:
    """What `HTTPResponse` takes for a socket."""

    def __init__(self, line: _Line) -> None:
        self._line = line

    def makefile(self, *_mode: Any) -> io.BufferedReader:
        return io.BufferedReader(self._line)
