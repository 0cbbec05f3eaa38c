"""Pages of the desk in a real browser: a calendar opens where a day is asked for, and lists stay on the screen."""

from datetime import timedelta
from typing import Any

import pytest

from collections_mgmt.models import CaseFile, CollectionCase, Team
from collections_mgmt.services.close_day import close_date
from dashu.kernel.dates import lender_today
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from tests import factories
from tests.journeys.browsing import enter


@pytest.fixture
def sara(transactional_db) -> User:
    forget_rules()
    today = lender_today()
    factories.running_loan(factories.borrower("Amina"), starts_on=today - timedelta(days=50))
    for back in (3, 2, 1):
        day = today - timedelta(days=back)
        close_date(business_date=day, today=day + timedelta(days=1))
    user = factories.staff("Sara", User.Role.SUPERVISOR)
    user.language = "en"
    user.save()
    return user


def complaints_of(page: Any) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_a_day_is_picked_from_a_calendar_on_pages_of_acts(open_browser, sara, live_server):
    page = open_browser("en")
    enter(page, sara, live_server.url)
    found = complaints_of(page)
    case, file = CollectionCase.objects.get(), CaseFile.objects.get()
    acts = {
        f"/admin/collections_mgmt/collectioncase/{case.pk}/promise/": "due_on",
        f"/admin/collections_mgmt/collectioncase/{case.pk}/hold/": "ends_on",
        f"/admin/collections_mgmt/collectioncase/{case.pk}/settle/": "first_on",
        f"/admin/collections_mgmt/deskday/?on={lender_today() - timedelta(days=1)}": "compared",
    }
    assert file.borrower_id == case.loan.borrower_id

    for address, field in acts.items():
        page.goto(live_server.url + address)
        box = page.locator(f"[name={field}]")
        box.locator("xpath=..").locator(".datetimeshortcuts a:visible").last.click()
        page.locator(".calendarbox:visible td.today a").click()
        assert box.input_value() == lender_today().isoformat(), address
        assert "Year-month-day, such as 2026-01-31." in page.inner_text("body")
    page.locator(".chart-figure").scroll_into_view_if_needed()
    page.wait_for_selector(".chart-figure.is-drawn")

    assert found == []


# How far a cell of the list reaches beyond what is seen of it.
_CUT_OFF = """() => {
    const list = document.querySelector("#result_list"), seen = list.closest(".overflow-x-auto") ?? list.parentElement;
    const edge = Math.min(seen.getBoundingClientRect().right, document.documentElement.clientWidth);
    return Math.max(...[...list.querySelectorAll("th, td")].map((cell) => cell.getBoundingClientRect().right - edge));
}"""


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_list_of_files_shows_every_column(open_browser, sara, live_server, language):
    chidi = factories.staff("Chidiebere", User.Role.COLLECTOR)
    team = Team.objects.create(code="care", name="Care and questions of law")
    CaseFile.objects.update(team=team, collector=chidi, value_minor=123_456_00, priority=98_765_00, days=123)
    factories.speak(sara, language)
    page = open_browser(language, viewport={"width": 1280, "height": 900})
    enter(page, sara, live_server.url)
    page.goto(f"{live_server.url}/admin/collections_mgmt/casefile/")

    assert page.evaluate(_CUT_OFF) <= 0
