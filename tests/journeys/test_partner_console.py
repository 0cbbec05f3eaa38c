"""A partner's engineer makes a key, calls the API with it, and has events brought to a receiver."""

import re
from datetime import timedelta
from typing import Any

import pytest

from dashu.kernel.dates import lender_now
from dashu.users.models import Partner
from dashu.webhooks.models import WebhookEndpoint
from dashu.webhooks.posting import Limits
from dashu.webhooks.sending import deliver_due
from tests import factories
from tests.integration.api.conftest import ask_for_token
from tests.journeys.browsing import fits, follow, shown
from tests.journeys.looking import assert_fit_for_everyone
from tests.receivers import Receiver, receiver

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = Limits(connect=2, read=2, total=2)


@pytest.fixture
def dana(policy_packs: None) -> Partner:
    partner = factories.partner("Dana")
    factories.speak(partner.user, "en")
    return partner


@pytest.fixture
def hooks(settings: Any) -> Any:
    settings.RECORD_API_CALLS = True
    settings.WEBHOOKS = {**settings.WEBHOOKS, "ALLOW_LOOPBACK": True}
    with receiver(usually="echo") as state:
        yield state


def sign_in(page: Any) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", "dana@example.com")
    page.fill("input[name=password]", "correct horse")
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")


def press(page: Any, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).click()


def go(page: Any, words: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=words).first.click()


def deliver(now: Any) -> None:
    deliver_due(clock=lambda: now, until=now + timedelta(hours=1), limits=QUICK)


def test_from_the_first_key_to_the_first_event(open_each_size: Any, dana: Partner, hooks: Receiver) -> None:
    page = open_each_size("en")
    sign_in(page)
    assert page.url.endswith("/partner/")
    assert "There were no calls." in shown(page)
    assert_fit_for_everyone(page)

    go(page, "Keys")
    go(page, "New key")
    assert "enter your password once more" in shown(page)
    page.fill("input[name=password]", "correct horse")
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")
    page.fill("input[name=name]", "booking system")
    assert_fit_for_everyone(page)
    press(page, "Make the key")
    secret = page.locator("#secret").inner_text()
    assert_fit_for_everyone(page)
    go(page, "I have kept it")
    client_id = re.search(r"/keys/([^/]+)/", page.url)
    assert client_id is not None
    assert secret not in page.content()

    token = ask_for_token(client_id[1], secret).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert page.request.get("/api/v1/loans", headers=bearer).status == 200
    assert page.request.get("/api/v1/loans/DS0", headers=bearer).status == 404

    go(page, "Requests")
    assert "list_loans" in shown(page)
    page.get_by_text("Narrow the list").click()
    page.fill("input[name=status]", "4xx")
    press(page, "Show")
    assert ("get_loan" in shown(page), "list_loans" in shown(page)) == (True, False)
    assert_fit_for_everyone(page)
    follow(page, ".log td a")
    assert "loan_not_found" in shown(page)

    go(page, "Webhooks")
    go(page, "New endpoint")
    page.fill("input[name=url]", hooks.url)
    press(page, "Enter it")
    first = page.locator("#secret").inner_text()
    go(page, "I have kept it")
    press(page, "Verify")
    assert "The endpoint echoed the challenge." in shown(page)
    press(page, "Send a test event")
    deliver(lender_now())
    assert hooks.received[-1].verified(first)["type"] == "webhook.test"

    go(page, "Deliveries")
    assert "Delivered" in shown(page)
    assert fits(page)
    go(page, "Webhooks")
    go(page, hooks.url)
    go(page, "New secret")
    press(page, "Make a new secret")
    second = page.locator("#secret").inner_text()
    assert second not in {first, ""}
    go(page, "I have kept it")
    assert "Signs too until" in shown(page)
    assert WebhookEndpoint.objects.get().secret == second
