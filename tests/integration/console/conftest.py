"""Dana's and Eli's logins, each to a partner of its own, in the browser."""

import pytest
from django.test import Client

from dashu.users.models import Partner
from tests import factories
from tests.integration.webhooks.conftest import endpoint, hooks, loopback

__all__ = ["endpoint", "hooks", "loopback"]


@pytest.fixture
def dana(db: None) -> Partner:
    return _speaking_english("Dana")


@pytest.fixture
def eli(db: None) -> Partner:
    return _speaking_english("Eli")


@pytest.fixture
def browser(dana: Partner) -> Client:
    """Dana's browser, in which she just proved who she is."""
    return proved(dana)


@pytest.fixture
def elis(eli: Partner) -> Client:
    return proved(eli)


def signed_in(partner: Partner) -> Client:
    client = Client()
    client.force_login(partner.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def proved(partner: Partner) -> Client:
    client = signed_in(partner)
    client.post("/accounts/reauthenticate/", {"password": "correct horse"})
    return client


def _speaking_english(name: str) -> Partner:
    partner = factories.partner(name)
    factories.speak(partner.user, "en")
    return partner
