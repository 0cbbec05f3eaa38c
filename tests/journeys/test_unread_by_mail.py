"""Amina wants no e-mail about unread messages: one tick, on a phone and on a desk."""

import os
from typing import Any

import pytest
from playwright.sync_api import expect

from dashu.messaging.models import ContactPreference
from tests import factories
from tests.journeys.browsing import enter
from tests.journeys.looking import barriers, runs_out

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_amina_turns_the_email_off(open_browser: Any, policy_packs: None, live_server: Any, width, scheme):
    amina = factories.borrower("Amina", phone="13800000000", email="amina@example.com")
    page = open_browser("zh-hans", color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 780})
    enter(page, amina.user, live_server.url)
    page.goto("/me/contact/")
    tick = page.get_by_label("账户里的消息一直没有读时，给我发邮件")
    expect(tick).to_be_checked()
    assert runs_out(page) == []
    assert barriers(page) == []
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=f"{folder}/wishes-{width}.png", full_page=True)

    tick.uncheck()
    page.get_by_role("button", name="保存").click()

    expect(page.get_by_label("账户里的消息一直没有读时，给我发邮件")).not_to_be_checked()
    assert ContactPreference.objects.get().wants_notices is False
