"""
Text messages that nobody keeps: one-time codes.

The outbox keeps what was said, as evidence, and whoever reads it could sign in another's name. So a code goes straight
to the gateway, under a key that makes sending it twice the same as once, and leaves no trace here but that it was sent.
Whoever asks for a code waits for it at that very moment, so the contact hours do not hold it back.
"""

from django.conf import settings

from dashu.messaging.transports import send_to_gateway, transport_of

SMS = "SMS"


def reaches_phones() -> bool:
    """Whether text messages really go out, and not into the outbox or to a provider that reaches nobody."""
    return transport_of(SMS) == "http"


def shows_secrets() -> bool:
    """Whether a page shows what would have been sent: in demonstrations, where no message reaches anyone."""
    return bool(settings.SIMULATED_GATEWAY) and not reaches_phones()


def send_secret_text(*, key: str, phone: str, text: str) -> None:
    """
    Send a text now. In a demonstration nothing is sent.

    :param key: the same key again is the same message.
    :raises NotDelivered: the gateway did not take it, as far as we know.
    """
    if reaches_phones():
        send_to_gateway(key=key, phone=phone, text=text)
