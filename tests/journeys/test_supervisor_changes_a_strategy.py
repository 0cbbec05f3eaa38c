"""A supervisor changes a strategy: writes it, tries it out, another person publishes it, and the night follows it."""

from datetime import timedelta
from typing import Any

import pytest

from collections_mgmt.domain.strategy import Act, Row, Step
from collections_mgmt.models import CaseFile, StrategyAct, StrategyVersion
from collections_mgmt.services.close_day import close_date
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_today
from dashu.messaging.models import OutboxMessage
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from tests import factories
from tests.journeys.browsing import enter, follow, width_of


@pytest.fixture
def sara(transactional_db) -> User:
    forget_rules()
    today = lender_today()
    for number in range(3):
        owner = factories.borrower(f"Person{number}")
        factories.running_loan(owner, starts_on=today - timedelta(days=50))
    close_date(business_date=today - timedelta(days=2), today=today - timedelta(days=1))
    CaseFile.objects.update(opened_on=today - timedelta(days=12))
    return staff("Sara")


def staff(name: str) -> User:
    user = factories.staff(name, "SUPERVISOR")
    user.language = "en"
    user.save()
    return user


def desk(open_browser: Any, user: User, site: str) -> Any:
    page = open_browser("en", java_script_enabled=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    enter(page, user, site)
    return page


def press(page: Any, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).first.click()


def step_on(page: Any, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=words, exact=True).first.click()


def test_from_the_draft_to_the_file(open_browser, live_server, sara):
    today = lender_today()
    page = desk(open_browser, sara, live_server.url)
    page.goto("/admin/collections_mgmt/strategyversion/")
    step_on(page, "Begin a strategy")
    page.fill("[name=name]", "Early")
    page.fill("[name=code]", "early")
    press(page, "Begin")

    # A row above everybody else; then a mistake, which stands beside its field and costs nothing that was typed.
    press(page, "Add a row above")
    page.fill("[name=r0-from_days]", "30")
    page.fill("[name=r0-to_days]", "3")
    page.select_option("[name=r0-act_1]", "HELP")
    page.fill("[name=r0-wait_2]", "5")
    page.select_option("[name=r0-act_2]", "TASK")
    page.fill("[name=note]", "Help before anything else.")
    press(page, "Save and simulate")
    assert "The last day is not before the first." in page.inner_text("#row-1")
    assert StrategyVersion.objects.get().table() == [Row(steps=(Step(0, Act.NOTHING),))]

    page.fill("[name=r0-from_days]", "")
    page.fill("[name=r0-to_days]", "60")
    for width in (1280, 768):
        page.set_viewport_size({"width": width, "height": 900})
        assert width_of(page) <= width
    press(page, "Save and simulate")
    assert "Nothing was written or sent." in page.content()
    assert page.inner_text("dl.staff-figures > div:first-child dd") == "3"
    assert not StrategyAct.objects.exists()
    step_on(page, "Ask for publication")
    page.fill("[name=reason]", "Fewer reminders, more help.")
    press(page, "Ask for publication")

    other = desk(open_browser, staff("Anna"), live_server.url)
    other.goto(f"/admin/approvals/approvalrequest/{ApprovalRequest.objects.get().pk}/change/")
    assert "Help before anything else." in other.content()
    press(other, "Approve and do it")
    version = StrategyVersion.objects.get()
    assert version.status == "PUBLISHED"

    close_date(business_date=today - timedelta(days=1), today=today)
    assert OutboxMessage.objects.filter(template="reminder.help").count() == 3

    file = CaseFile.objects.order_by("pk").first()
    page.goto(f"/admin/collections_mgmt/casefile/{file.pk}/change/")
    why = page.inner_text(".strategy-why")
    assert "A collector looks at it after 5 days" in why
    assert "0–60 days past due" in why
    follow(page, ".strategy-why p a")
    assert page.url.endswith(f"/strategyversion/{version.pk}/change/")
