"""
Carrying one message out of the house.

`database` keeps it in the outbox, where staff read it; `smtp` hands it to a mail server; `http` posts it to a gateway
for text messages. A transport returns the provider's reference or raises `NotDelivered`.
"""

import smtplib
from email.utils import parseaddr

import requests
from django.conf import settings
from django.core.mail import EmailMessage

from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import Rendered

TIMEOUT_SECONDS = (5, 10)


class NotDelivered(Exception):
    """The message did not go out. `can_heal` says whether trying later can help."""

    def __init__(self, reason: str, *, can_heal: bool) -> None:
        super().__init__(reason)
        self.can_heal = can_heal


def transport_of(channel: str) -> str:
    """Return the name of the transport that serves a channel."""
    if channel == OutboxMessage.Channel.IN_APP:
        return "database"
    return settings.MESSAGING[f"{channel}_TRANSPORT"]


def carry(message: OutboxMessage, text: Rendered) -> str:
    """Send one message by its channel's transport and return the provider's reference, "" when there is none."""
    match transport_of(message.channel):
        case "database":
            return ""
        case "smtp":
            return _by_mail(message, text)
        case "http":
            return _by_gateway(message, text)
        case unknown:
            raise NotDelivered(f"there is no transport {unknown!r}; use database, smtp or http", can_heal=True)


def _by_mail(message: OutboxMessage, text: Rendered) -> str:
    address = message.borrower.email
    if not address:
        raise NotDelivered("the borrower has no e-mail address", can_heal=False)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    # The same message keeps its Message-ID when it is tried again, so a mail server can drop the second one.
    reference = f"<message-{message.pk}@{domain}>"
    mail = EmailMessage(" ".join(text.subject.split()), text.body, to=[address], headers={"Message-ID": reference})
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _reply in error.recipients.values()]
        raise NotDelivered(f"the mail server refused the address: {codes}", can_heal=min(codes) < 500) from error
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"the mail server answered {error.smtp_code}", can_heal=error.smtp_code < 500) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(f"the mail server is not reachable: {type(error).__name__}", can_heal=True) from error
    return reference


def _by_gateway(message: OutboxMessage, text: Rendered) -> str:
    if not message.borrower.phone:
        raise NotDelivered("the borrower has no phone number", can_heal=False)
    try:
        answer = requests.post(
            settings.MESSAGING["SMS_GATEWAY_URL"],
            json={"message_id": message.pk, "to": message.borrower.phone, "text": text.body},
            headers={
                "Authorization": f"Bearer {settings.MESSAGING['SMS_GATEWAY_TOKEN']}",
                "Idempotency-Key": str(message.pk),
            },
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise NotDelivered(f"the gateway is not reachable: {type(error).__name__}", can_heal=True) from error
    if not 200 <= answer.status_code < 300:
        can_heal = answer.status_code >= 500 or answer.status_code in (408, 425, 429)
        raise NotDelivered(f"the gateway answered {answer.status_code}", can_heal=can_heal)
    return _reference_in(answer)


def _reference_in(answer: requests.Response) -> str:
    """Return the `id` of the gateway's JSON answer; a gateway that gives none has still taken the message."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get("id", ""))[:200] if isinstance(body, dict) else ""
