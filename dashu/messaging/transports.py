"""
Carrying one message out of the house.

`database` keeps it in the outbox, where staff read it; `http` posts it to the channel's gateway, which takes each key
once; `smtp` hands it to a mail server; `simulated` is a provider that reaches nobody, see `dashu.messaging.simulated`.

A transport is two functions. `carry` hands the message over under its idempotency key and returns the provider's
reference. `find` tells what became of an attempt that ended without an answer: the reference if the provider has a
message of this key, None if it has not. Both raise `NotDelivered`. What the provider tells later comes as receipts, see
`dashu.messaging.receipts`. docs/messages.md says what a provider must offer.
"""

import smtplib
from email.utils import parseaddr
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage

from dashu.messaging import gateways, simulated
from dashu.messaging.delivery import NotDelivered, idempotency_key
from dashu.messaging.links import Stop, stop_address
from dashu.messaging.models import OutboxMessage, Purpose
from dashu.messaging.templates import Rendered


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
    A mail server answers no such question, so what it took before it broke goes out again. The message keeps its
    Message-ID, so that servers and readers can drop the second one. Where that is not enough, `http` is to be used.
    """
    return


def _by_mail(message: OutboxMessage, text: Rendered) -> str:
    reference = _message_id(message)
    headers = {"Message-ID": reference, **_stopping(message)}
    mail = EmailMessage(_subject(text), text.body, to=[_mail_address(message)], headers=headers)
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


def _mail_address(message: OutboxMessage) -> str:
    if not message.borrower.email:
        raise NotDelivered("the borrower has no e-mail address", can_heal=False)
    return message.borrower.email


def _message_id(message: OutboxMessage) -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    return f"<message-{message.pk}@{domain}>"


def _subject(text: Rendered) -> str:
    return " ".join(text.subject.split())


def _stopping(message: OutboxMessage) -> dict[str, str]:
    """Return the headers by which a mail program offers its own button to stop these mails (RFC 8058)."""
    if message.purpose == Purpose.SERVICE:
        return {}
    address = stop_address(Stop(message.borrower_id, message.channel, message.purpose))
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _by_gateway(message: OutboxMessage, text: Rendered) -> str:
    body = (
        _posted_mail(message, text) if message.channel == OutboxMessage.Channel.EMAIL else _posted_text(message, text)
    )
    return gateways.hand_over(message.channel, idempotency_key(message), {"message_id": message.pk, **body})


def _posted_text(message: OutboxMessage, text: Rendered) -> dict[str, object]:
    if not message.borrower.phone:
        raise NotDelivered("the borrower has no phone number", can_heal=False)
    return {"to": message.borrower.phone, "text": text.body}


def _posted_mail(message: OutboxMessage, text: Rendered) -> dict[str, object]:
    return {
        "from": settings.DEFAULT_FROM_EMAIL,
        "to": _mail_address(message),
        "subject": _subject(text),
        "text": text.body,
        "headers": {"Message-ID": _message_id(message), **_stopping(message)},
    }


def send_to_gateway(*, key: str, phone: str, text: str) -> str:
    """
    Hand a text message that no outbox keeps to the gateway under its key and return the gateway's reference.

    :raises NotDelivered: it was not taken, as far as we know.
    """
    return gateways.hand_over(OutboxMessage.Channel.SMS, key, {"message_id": key, "to": phone, "text": text})


def _at_gateway(message: OutboxMessage) -> str | None:
    return gateways.look_up(message.channel, idempotency_key(message))


_TRANSPORTS: dict[str, tuple[Carry, Find]] = {
    "database": (_keep, _unknown),
    "smtp": (_by_mail, _unknown),
    "http": (_by_gateway, _at_gateway),
    "simulated": (simulated.carry, simulated.find),
}
