"""Calls to a bureau's HTTP interface: limits of time and size, and another try only where one can heal."""

import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3
from django.utils.translation import gettext_lazy as _

from loans.bureaus.base import BureauAnswerRefused, BureauUnavailable

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 5.0
TRIES = 3
MOST_BYTES = 1_000_000
PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """:param headers: with names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Client:
    """
    Sends questions to one bureau.

    :param base_url: ends with a slash.
    :param seconds: how long one try may wait for the answer, and how long the answer may take to arrive.
    :param pause: waits this many seconds before another try.
    """

    base_url: str
    seconds: float = ANSWER_SECONDS
    pause: Callable[[float], None] = time.sleep

    def post(self, path: str, *, body: str, headers: Callable[[], Mapping[str, str]]) -> Answer:
        """
        Return the bureau's answer, also one that refuses.

        Only a time-out, a broken connection, a 429 and a 5xx are tried again; any other answer is final.

        :param headers: made anew for each try, since a signature holds the moment.
        :raises BureauUnavailable: no usable answer after all tries.
        :raises BureauAnswerRefused: the answer is too large.
        """
        for number in range(TRIES):
            if number:
                self.pause(0.2 * 4 ** (number - 1))
            try:
                answer = self._post_once(path, body, headers())
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
                continue
            if answer.status < 500 and answer.status != 429:
                return answer
        raise BureauUnavailable(
            _("The credit bureau does not answer at the moment. Nothing was decided. Try again in a while.")
        )

    def _post_once(self, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        with requests.Session() as session:
            # A proxy that is set for the outside must not be asked for this machine.
            session.trust_env = not _is_this_machine(self.base_url)
            with session.post(
                self.base_url + path,
                data=body.encode(),
                headers={**headers},
                timeout=(min(CONNECT_SECONDS, self.seconds), self.seconds),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return Answer(
                    answer.status_code,
                    {name.lower(): value for name, value in answer.headers.items()},
                    self._body_of(answer),
                )

    def _body_of(self, answer: requests.Response) -> bytes:
        """Read until the end; who drips a byte now and then, or never ends, is not waited for."""
        deadline = time.monotonic() + self.seconds
        body = b""
        while piece := answer.raw.read1(PIECE, decode_content=True):
            body += piece
            if len(body) > MOST_BYTES:
                raise BureauAnswerRefused(
                    _("The credit bureau's answer cannot be used, so nothing was decided. We look into it."),
                    details={"problem": "too large"},
                )
            if time.monotonic() > deadline:
                raise requests.Timeout
        return body


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
