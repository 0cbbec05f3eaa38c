"""
Carrying one message out of the house.

`database` keeps it in the outbox, where staff read it; `smtp` hands it to a mail server; `http` posts it to a gateway
for text messages; `simulated` is a provider that reaches nobody, see `dashu.messaging.simulated`.

A transport is two functions. `carry` hands the message over under its idempotency key and returns the provider's
reference. `find` tells what became of an attempt that ended without an answer: the reference if the provider has a
message of this key, None if it has not. Both raise `NotDelivered`. What the provider tells later comes as receipts, see
`dashu.messaging.receipts`. docs/messages.md says what a provider must offer.
"""

import smtplib
from email.utils import parseaddr
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Protocol

import requests
from django.conf import settings
from django.core.mail import EmailMessage
from requests.adapters import HTTPAdapter

from dashu.messaging import simulated
from dashu.messaging.delivery import NotDelivered, idempotency_key
from dashu.messaging.links import Stop, stop_address
from dashu.messaging.models import OutboxMessage, Purpose
from dashu.messaging.templates import Rendered

TIMEOUT_SECONDS = (5, 10)
MOST_CONNECTIONS = 32


class Carry(Protocol):
    def __call__(self, message: OutboxMessage, text: Rendered) -> str: ...


class Find(Protocol):
    def __call__(self, message: OutboxMessage) -> str | None: ...


def transport_of(channel: str) -> str:
    """Return the name of the transport that serves a channel."""
    if channel == OutboxMessage.Channel.IN_APP:
        return "database"
    return settings.MESSAGING[f"{channel}_TRANSPORT"]


def carry(message: OutboxMessage, text: Rendered) -> str:
    """Send one message by its channel's transport and return the provider's reference, "" when there is none."""
    return _transport(message)[0](message, text)


def find(message: OutboxMessage) -> str | None:
    """Return the provider's reference when it has the message already, None when it has not or cannot tell."""
    return _transport(message)[1](message)


def _transport(message: OutboxMessage) -> tuple[Carry, Find]:
    name = transport_of(message.channel)
    if name not in _TRANSPORTS:
        raise NotDelivered(f"there is no transport {name!r}; use {', '.join(_TRANSPORTS)}", can_heal=True)
    return _TRANSPORTS[name]


def _keep(message: OutboxMessage, text: Rendered) -> str:
    return ""


def _unknown(message: OutboxMessage) -> None:
    """
    A mail server answers no such question. The same message keeps its Message-ID when it is tried again, so that
    servers and readers can drop the second one.
    """
    return


def _by_mail(message: OutboxMessage, text: Rendered) -> str:
    address = message.borrower.email
    if not address:
        raise NotDelivered("the borrower has no e-mail address", can_heal=False)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    reference = f"<message-{message.pk}@{domain}>"
    headers = {"Message-ID": reference, **_stopping(message)}
    mail = EmailMessage(" ".join(text.subject.split()), text.body, to=[address], headers=headers)
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _reply in error.recipients.values()]
        raise NotDelivered(f"the mail server refused the address: {codes}", can_heal=min(codes) < 500) from error
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"the mail server answered {error.smtp_code}", can_heal=error.smtp_code < 500) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(
            f"the mail server is not reachable: {type(error).__name__}", can_heal=True, is_uncertain=True
        ) from error
    return reference


def _stopping(message: OutboxMessage) -> dict[str, str]:
    """Return the headers by which a mail program offers its own button to stop these mails (RFC 8058)."""
    if message.purpose == Purpose.SERVICE:
        return {}
    address = stop_address(Stop(message.borrower_id, message.channel, message.purpose))
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _by_gateway(message: OutboxMessage, text: Rendered) -> str:
    if not message.borrower.phone:
        raise NotDelivered("the borrower has no phone number", can_heal=False)
    return send_to_gateway(
        key=idempotency_key(message), message_id=message.pk, phone=message.borrower.phone, text=text.body
    )


def send_to_gateway(*, key: str, phone: str, text: str, message_id: int | str | None = None) -> str:
    """
    Hand a text message to the gateway under its key and return the gateway's reference.

    :param message_id: as the gateway is told it; the key unless given.
    :raises NotDelivered: it was not taken, as far as we know.
    """
    answer = _ask_gateway(
        "POST",
        "",
        json={"message_id": key if message_id is None else message_id, "to": phone, "text": text},
        headers={"Idempotency-Key": key},
    )
    if not 200 <= answer.status_code < 300:
        is_theirs = answer.status_code >= 500
        can_heal = is_theirs or answer.status_code in (408, 425, 429)
        # A gateway that breaks may have taken the message before it broke.
        raise NotDelivered(f"the gateway answered {answer.status_code}", can_heal=can_heal, is_uncertain=is_theirs)
    return _reference_in(answer)


def _at_gateway(message: OutboxMessage) -> str | None:
    answer = _ask_gateway("GET", f"/{idempotency_key(message)}")
    if answer.status_code == 404:
        return None
    if answer.status_code != 200:
        raise NotDelivered(
            f"the gateway does not tell what it has: {answer.status_code}", can_heal=True, is_uncertain=True
        )
    return _reference_in(answer)


def _ask_gateway(method: str, path: str, *, headers: dict[str, str] | None = None, **body: object) -> requests.Response:
    try:
        return _session().request(
            method,
            settings.MESSAGING["SMS_GATEWAY_URL"] + path,
            headers={"Authorization": f"Bearer {settings.MESSAGING['SMS_GATEWAY_TOKEN']}", **(headers or {})},
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
    """Keep connections to the gateway open: many messages go out side by side. It takes no cookies."""
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


_TRANSPORTS: dict[str, tuple[Carry, Find]] = {
    "database": (_keep, _unknown),
    "smtp": (_by_mail, _unknown),
    "http": (_by_gateway, _at_gateway),
    "simulated": (simulated.carry, simulated.find),
}
