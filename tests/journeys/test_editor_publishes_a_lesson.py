"""An editor changes a lesson: writes with a preview beside it, another reviews it, and a visitor reads it."""

from typing import Any

import pytest

from dashu.approvals.models import ApprovalRequest
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from education.models import LessonVersion
from tests import factories
from tests.journeys.browsing import enter, width_of

DESK = {"width": 1280, "height": 900}


@pytest.fixture
def sara(transactional_db) -> User:
    forget_rules()
    return staff("Sara")


def staff(name: str) -> User:
    user = factories.staff(name, "SUPERVISOR")
    user.language = "en"
    user.save()
    return user


def desk(open_browser: Any, user: User, site: str) -> Any:
    page = open_browser("en", viewport=DESK)
    enter(page, user, site)
    return page


def press(page: Any, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).first.click()


def step_on(page: Any, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=words, exact=True).first.click()


def test_from_the_list_to_a_visitor(open_browser, live_server, sara):
    page = desk(open_browser, sara, live_server.url)
    page.goto("/admin/education/lessonversion/")
    with page.expect_navigation():
        page.locator("tr", has_text="overdue").get_by_role("button", name="Write a new version").click()
    step_on(page, "English")

    # What is wrong is said at its line while it is typed, and nothing of it is kept.
    body = page.input_value("[name=body]")
    page.fill("[name=body]", f"It costs ¥20.00 a month.\n\n{body}")
    page.wait_for_selector("#preview .lesson-problem--error")
    assert "line 1:" in page.inner_text("#preview")
    page.fill("[name=body]", f"{body}\n<script>document.title='taken'</script>\n")
    page.wait_for_selector("#preview >> text=HTML is not taken")
    assert "taken" not in page.title()

    page.fill("[name=title]", "When a payment is late")
    page.fill("[name=body]", body)
    page.wait_for_selector("#preview >> text=Nothing is to be put right here.")
    for width in (1280, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert width_of(page) <= width
    page.set_viewport_size(DESK)
    press(page, "Save and go back")
    assert "title: When a payment is late" in page.inner_text(".lesson-desk")
    step_on(page, "Ask for review")
    page.fill("[name=reason]", "Shorter title.")
    press(page, "Ask for review")
    assert LessonVersion.objects.get().status == "IN_REVIEW"

    other = desk(open_browser, staff("Anna"), live_server.url)
    other.goto(f"/admin/approvals/approvalrequest/{ApprovalRequest.objects.get().pk}/change/")
    assert "When a payment is late" in other.content()
    press(other, "Approve and do it")
    assert LessonVersion.objects.get().status == "PUBLISHED"

    visitor = open_browser("en")
    visitor.goto("/learn/overdue/")
    assert visitor.inner_text("h1") == "When a payment is late"
