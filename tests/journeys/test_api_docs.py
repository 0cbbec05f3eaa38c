"""A partner's engineer reads what the API does, in a sandbox from which requests can be sent."""

import pytest
from django.test import override_settings

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_description_is_shown_within_the_policy_of_the_page(open_browser) -> None:
    page = open_browser("en", viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    page.goto("/api/docs/")
    page.locator("#operations-loans-list_loans").wait_for()
    page.locator("#operations-loans-list_loans .opblock-summary-control").click()
    page.locator("#operations-loans-list_loans .response-col_status").first.wait_for()

    assert page.locator("#operations-loans-list_loans .try-out").count() == 0
    assert complaints == []


def test_a_sandbox_lets_requests_be_sent(open_browser) -> None:
    page = open_browser("zh-hans", viewport={"width": 1280, "height": 900})

    with override_settings(SANDBOX=True):
        page.goto("/api/docs/")
        page.locator("#operations-loans-list_loans .opblock-summary-control").click()
        page.locator("#operations-loans-list_loans .try-out__btn").click()
        page.locator("#operations-loans-list_loans .execute").click()
        page.locator("#operations-loans-list_loans .live-responses-table").wait_for()

    assert "not_authenticated" in page.locator("#operations-loans-list_loans .live-responses-table").inner_text()
    assert page.locator(".sandbox").inner_text().startswith("沙盒")
