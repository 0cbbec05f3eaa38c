"""Calls to a provider's HTTP interface: time limits, and another try only where one can heal."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests
from django.utils.translation import gettext_lazy as _

from repayments.gateways.base import ProviderUnavailable

CONNECT_SECONDS, READ_SECONDS = 3.0, 8.0
TRIES = 3


@dataclass(frozen=True, slots=True)
class Client:
    """
    Sends requests to one provider.

    :param pause: waits this many seconds before another try.
    """

    base_url: str
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)
    pause: Callable[[float], None] = time.sleep

    def send(self, method: str, path: str, *, body: str, headers: Callable[[], Mapping[str, str]]) -> requests.Response:
        """
        Return the provider's answer, also one that refuses.

        Only a time-out, a broken connection, a 429 and a 5xx are tried again; any other answer is final.

        :param headers: made anew for each try, since a signature holds the moment.
        :raises ProviderUnavailable: no usable answer after all tries.
        """
        for number in range(TRIES):
            if number:
                self.pause(0.2 * 4 ** (number - 1))
            try:
                answer = requests.request(
                    method,
                    self.base_url + path,
                    data=body.encode() or None,
                    headers={**headers()},
                    timeout=self.timeout,
                    allow_redirects=False,
                )
            except (requests.Timeout, requests.ConnectionError):
                continue
            if answer.status_code < 500 and answer.status_code != 429:
                return answer
        raise ProviderUnavailable(_("The payment provider does not answer. Nothing was paid. Try again in a while."))
