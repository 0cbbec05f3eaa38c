from collections.abc import Iterator

import pytest
from django.urls import clear_url_caches

from dashu.api import published
from dashu.kernel.dates import lender_now
from dashu.sandbox.seeding import seed_sandbox
from tests.integration.api.conftest import PartnerProgram, ask_for_token


@pytest.fixture
def sandbox(settings, db) -> Iterator[None]:
    """An installation that is a sandbox, with the addresses that only a sandbox has."""
    settings.SANDBOX = True
    settings.WEBHOOKS = {**settings.WEBHOOKS, "ALLOW_LOOPBACK": True}
    settings.ROOT_URLCONF = "tests.integration.sandbox.urls"
    clear_url_caches()
    published._rendered.cache_clear()  # a sandbox has more operations
    yield
    clear_url_caches()
    published._rendered.cache_clear()


@pytest.fixture
def acme(sandbox, client) -> PartnerProgram:
    """Acme's program in its sandbox, with every scope."""
    keys = seed_sandbox(code="acme", name="Acme", now=lender_now())
    assert keys.client_secret is not None
    return PartnerProgram(client, ask_for_token(keys.client_id, keys.client_secret).json()["access_token"])


@pytest.fixture
def today() -> str:
    return lender_now().date().isoformat()
