"""A collector's morning: ten files, worked off with the keyboard alone, none of them shown twice."""

from datetime import timedelta
from typing import Any

import pytest

from collections_mgmt.models import CaseFile, CaseFileEvent, CollectorProfile, Hold, PromiseToPay, Team
from collections_mgmt.services.close_day import close_date
from dashu.kernel.dates import lender_today
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from tests import factories
from tests.journeys.browsing import enter

FILES = 10


@pytest.fixture
def chidi(transactional_db) -> User:
    forget_rules()
    user = factories.staff("Chidi")
    user.language = "en"
    user.save()
    CollectorProfile.objects.create(
        user=user, team=Team.objects.create(code="early", name="Early"), languages=["zh-hans"], capacity=20
    )
    today = lender_today()
    for number in range(FILES):
        owner = factories.borrower(f"Person{number}")
        factories.running_loan(owner, starts_on=today - timedelta(days=50), principal=(number + 1) * 5_000_00)
    close_date(business_date=today - timedelta(days=1), today=today)
    return user


def press(page: Any, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def number_of(page: Any) -> str:
    return CaseFile.objects.get(pk=page.url.rstrip("/").split("/")[-2]).number


def write(page: Any, field: str, words: str) -> None:
    page.focus(f"[name={field}]")
    page.keyboard.type(words)


def send(page: Any, field: str) -> None:
    """Send the form from where one writes, as Enter does in a line of its own."""
    with page.expect_navigation():
        page.eval_on_selector(f"[name={field}]", "field => field.form.requestSubmit()")


def test_ten_files_by_keyboard(open_browser, live_server, chidi):
    page = open_browser("en")
    page.set_viewport_size({"width": 1280, "height": 900})
    enter(page, chidi, live_server.url)
    page.goto("/admin/collections_mgmt/casefile/")
    today, seen = lender_today(), []

    for place in range(FILES):
        press(page, "n")
        seen.append(number_of(page))
        assert "Suggested next step" in page.inner_text("main, #main")
        if place == 0:
            page.keyboard.press("?")
            assert page.is_visible("#keys")
            page.keyboard.press("Escape")
            assert not page.is_visible("#keys")
        if place == 1:  # keys are letters while one writes
            press(page, "m")
            write(page, "words", "Xenia and Sam help; paid by phone in May.")
            send(page, "words")
            press(page, "x")
        elif place == 2:
            press(page, "p")
            write(page, "amount", "500")
            write(page, "due_on", (today + timedelta(days=4)).isoformat())
            send(page, "amount")
        elif place == 3:
            press(page, "h")
            page.select_option("[name=kind]", "DISPUTE")
            write(page, "words", "The bank booked twice.")
            send(page, "words")
        else:
            press(page, "x")
        assert page.url.endswith("/casefile/")

    press(page, "n")
    assert "No file waits for you now." in page.content()
    assert seen == list(CaseFile.objects.order_by("-priority").values_list("number", flat=True))
    waits = CaseFile.objects.values_list("waits_for", flat=True)
    assert sorted(waits) == ["HOLD", *["LOOKED"] * 8, "PROMISE"]
    assert (PromiseToPay.objects.get().amount_minor, Hold.objects.get().kind) == (500_00, "DISPUTE")
    assert CaseFileEvent.objects.get(kind="NOTE").words == "Xenia and Sam help; paid by phone in May."
    assert CaseFileEvent.objects.filter(kind="TAKEN").count() == FILES
