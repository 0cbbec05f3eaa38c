"""The pages of reports in a real browser: no barrier, nothing that runs out, charts drawn, on a phone and a desk."""

import pytest

from collections_mgmt.models import LoanMonth
from dashu.insight.registry import REPORTS
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from tests import factories
from tests.integration.insight.dice import dice_book
from tests.integration.insight.kept import keep
from tests.journeys.browsing import enter
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.looking import barriers

REPORTS_PAGE = "/admin/insight/reportschedule/reports/"
# What the back office's kit does on all its pages: it has no main landmark.
OF_THE_KIT = ("landmark-one-main:", "region:")
# What is wider than the page or outside it, other than tables that scroll in a box of their own.
_TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def sun(transactional_db) -> User:
    forget_rules()
    keep(dice_book())
    assert LoanMonth.objects.exists()
    user = factories.staff("Sun", User.Role.SUPERVISOR)
    factories.speak(user, "zh-hans")
    user.refresh_from_db()
    return user


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desk"])
def test_every_report_can_be_read(open_browser, sun, live_server, size, tmp_path):
    page = open_browser("zh-hans", viewport=size)
    enter(page, sun, live_server.url)
    found = {}
    for code in ["", *(f"{code}/" for code in REPORTS), "portfolio-at-risk/schedule/"]:
        page.goto(f"{live_server.url}{REPORTS_PAGE}{code}")
        charts = page.locator("figure[data-chart]")
        for number in range(charts.count()):
            charts.nth(number).scroll_into_view_if_needed()
            page.wait_for_function("(n) => document.querySelectorAll('.chart-figure.is-drawn').length > n", arg=number)
        page.screenshot(path=tmp_path / f"{code.strip('/').replace('/', '-') or 'list'}.png", full_page=True)
        wrong = [each for each in barriers(page) if not each.startswith(OF_THE_KIT)]
        if page.evaluate(_TOO_WIDE) > 0:
            wrong.append("the page is wider than the screen")
        if wrong:
            found[code] = wrong

    assert found == {}
