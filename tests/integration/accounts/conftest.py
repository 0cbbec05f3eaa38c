"""Everything around signing in: a cache of its own, a gateway that only remembers, and short ways through the pages."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from dashu.messaging import secret_texts
from dashu.messaging.models import SecretText
from dashu.messaging.services.secret_texts import send_queued_text

ENGLISH = {"accept-language": "en"}
PHONE = "138 0000 1234"
SAME_PHONE = "+8613800001234"


@pytest.fixture(autouse=True)
def _no_earlier_attempts(db, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def texts(settings, monkeypatch) -> list[dict[str, str]]:
    """What the gateway for text messages is given: `key`, `phone` and `text` of each."""
    settings.MESSAGING = {**settings.MESSAGING, "SMS_TRANSPORT": "http"}
    sent: list[dict[str, str]] = []
    monkeypatch.setattr(secret_texts, "send_to_gateway", lambda **message: sent.append(message))
    return sent


@pytest.fixture
def latest_text(texts) -> Callable[[], str]:
    """Do the job of a worker, and return what the latest text says."""

    def deliver() -> str:
        from dashu.kernel.dates import lender_now

        for waiting in SecretText.objects.order_by("made_at"):
            assert send_queued_text(text_id=str(waiting.pk), now=lender_now())
        return texts[-1]["text"]

    return deliver


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The clock by which sessions end and what was typed is kept; a test moves it on."""
    moment = [time.time()]
    monkeypatch.setattr("dashu.accounts.idle.time.time", lambda: moment[0])
    monkeypatch.setattr("dashu.accounts.kept_input.time.time", lambda: moment[0])
    return moment


@pytest.fixture
def waits(settings):
    """Let a code be asked for again at once."""
    settings.ACCOUNT_RATE_LIMITS = {"verify_phone": None, "confirm_email": None}


def code_in(text: str) -> str:
    found = re.search(r"\b[0-9]{6}\b", text)
    assert found, text
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def post(client: Client, address: str, **typed: Any) -> Any:
    return client.post(f"/accounts/{address}", typed, headers=ENGLISH)


def confirm_it_is_you(client: Client, password: str = "correct horse") -> None:  # noqa: S107
    assert post(client, "reauthenticate/", password=password).status_code == 302
