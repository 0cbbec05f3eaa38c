"""
The gateways that messages are posted to: one for text messages, one for e-mail, both with the same protocol.

A gateway takes a message under its idempotency key, and tells whether it has one of a key; docs/messages.md says what
it must offer.
"""

from collections.abc import Mapping
from functools import cache
from http.cookiejar import DefaultCookiePolicy

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

from dashu.messaging.delivery import NotDelivered

TIMEOUT_SECONDS = (5, 10)
MOST_CONNECTIONS = 32


def hand_over(channel: str, key: str, message: Mapping[str, object]) -> str:
    """
    Post a message under its key and return the gateway's reference, "" where it gives none.

    :param channel: SMS or EMAIL.
    :raises NotDelivered: it was not taken, as far as we know.
    """
    answer = _ask(channel, "POST", "", json=message, headers={"Idempotency-Key": key})
    if not 200 <= answer.status_code < 300:
        is_theirs = answer.status_code >= 500
        can_heal = is_theirs or answer.status_code in (408, 425, 429)
        # A gateway that breaks may have taken the message before it broke.
        raise NotDelivered(f"the gateway answered {answer.status_code}", can_heal=can_heal, is_uncertain=is_theirs)
    return _reference_in(answer)


def look_up(channel: str, key: str) -> str | None:
    """
    Return the gateway's reference of the message of a key, None when it has none.

    :raises NotDelivered: it does not tell.
    """
    answer = _ask(channel, "GET", f"/{key}")
    if answer.status_code == 404:
        return None
    if answer.status_code != 200:
        raise NotDelivered(
            f"the gateway does not tell what it has: {answer.status_code}", can_heal=True, is_uncertain=True
        )
    return _reference_in(answer)


def _ask(
    channel: str, method: str, path: str, *, headers: Mapping[str, str] | None = None, **body: object
) -> requests.Response:
    token = settings.MESSAGING[f"{channel}_GATEWAY_TOKEN"]
    try:
        return _session().request(
            method,
            settings.MESSAGING[f"{channel}_GATEWAY_URL"] + path,
            headers={"Authorization": f"Bearer {token}", **(headers or {})},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            **body,  # type: ignore[arg-type]
        )
    except requests.RequestException as error:
        raise NotDelivered(
            f"the gateway is not reachable: {type(error).__name__}", can_heal=True, is_uncertain=True
        ) from error


@cache
def _session() -> requests.Session:
    """Keep connections open: many messages go out side by side. It takes no cookies."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=MOST_CONNECTIONS))
    return session


def _reference_in(answer: requests.Response) -> str:
    """Return the `id` of the gateway's JSON answer; a gateway that gives none has still taken the message."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get("id", ""))[:200] if isinstance(body, dict) else ""
