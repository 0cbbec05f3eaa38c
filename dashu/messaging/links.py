"""Addresses in messages. The one that stops messages is signed, so it needs no login and never runs out."""

import base64
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from dashu.messaging.models import OutboxMessage, Purpose

_SALT = "dashu.messaging.links"
_CHANNELS = {"e": OutboxMessage.Channel.EMAIL, "s": OutboxMessage.Channel.SMS}
_PURPOSES = {"r": Purpose.REMINDER, "m": Purpose.MARKETING, "l": Purpose.LEARNING}
_SIGNATURE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Stop:
    """What a link stops."""

    borrower_id: int
    channel: str
    purpose: str


def public_address(path: str) -> str:
    return (settings.PUBLIC_URL or "http://127.0.0.1:8000").rstrip("/") + path


def stop_address(stop: Stop) -> str:
    """Return the address at which these messages can be stopped; short, because it goes into text messages."""
    return public_address(reverse("stop_messages", args=[stop_token(stop)]))


def stop_token(stop: Stop) -> str:
    """Return what the address carries: the borrower's id, a letter each for channel and purpose, and a signature."""
    channel = next(letter for letter, code in _CHANNELS.items() if code == stop.channel)
    purpose = next(letter for letter, code in _PURPOSES.items() if code == stop.purpose)
    told = f"{stop.borrower_id}{channel}{purpose}"
    return f"{told}-{_signature(told, settings.SECRET_KEY)}"


def read_stop_token(token: str) -> Stop | None:
    """Return what a token stops, None when we did not make it."""
    told, _dash, signature = token.partition("-")
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(constant_time_compare(signature, _signature(told, key)) for key in keys):
        return None
    return Stop(int(told[:-2]), _CHANNELS[told[-2]], _PURPOSES[told[-1]])


def _signature(told: str, key: str | bytes) -> str:
    digest = salted_hmac(_SALT, told, secret=key, algorithm="sha256").digest()[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(digest).decode()
