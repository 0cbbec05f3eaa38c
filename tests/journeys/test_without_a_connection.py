"""A borrower's phone loses its connection: the schedule is still there, until they sign out."""

from datetime import timedelta
from typing import Any

import pytest

from dashu.kernel.dates import lender_today
from dashu.users.models import Borrower
from loans.models import Loan
from tests import factories
from tests.journeys.browsing import follow, shown, sign_in, width_of


@pytest.fixture
def amina(transactional_db: None, policy_packs: None) -> Borrower:
    return factories.borrower("Amina")


@pytest.fixture
def loan(amina: Borrower) -> Loan:
    due = lender_today() + timedelta(days=3)
    return factories.running_loan(amina, starts_on=due - timedelta(days=30), first_due_on=due)


def wait_for_the_worker(page: Any) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # the next page is its own in any case
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def wait_for_copy(page: Any, path: str) -> None:
    page.wait_for_function("path => caches.match(path, {cacheName: 'dashu-copies'}).then(Boolean)", arg=path)


class TestWithoutAConnection:
    @pytest.mark.parametrize("width", [360, 1280])
    def test_the_last_schedule_is_there_with_its_time_and_goes_with_signing_out(self, open_browser, loan, width):
        page = open_browser("zh-hans")
        page.set_viewport_size({"width": width, "height": 740})
        sign_in(page)
        wait_for_the_worker(page)
        page.goto("/")
        page.goto(f"/loans/{loan.number}/")
        wait_for_copy(page, f"/loans/{loan.number}/")

        page.context.set_offline(True)
        page.goto(f"/loans/{loan.number}/")
        assert "还款计划" in shown(page)
        assert "您现在离线" in page.inner_text(".as-of")
        assert page.inner_text("#connection") == ""
        assert width_of(page) == width
        page.goto("/messages/")
        assert "没有网络" in shown(page)
        follow(page, "text=上次看到的贷款")
        assert "我的贷款" in page.inner_text("body")
        page.context.set_offline(False)

        page.goto("/me/")
        follow(page, "main form[action$='logout/'] button")
        page.context.set_offline(True)
        page.goto(f"/loans/{loan.number}/")
        assert "没有网络" in shown(page)
        assert loan.number not in page.content()
        assert "还款计划" not in shown(page)

    def test_another_person_finds_nothing_of_the_one_before(self, open_browser, loan):
        brook = factories.borrower("Brook")
        factories.speak(brook.user, "en")
        page = open_browser("en")
        sign_in(page)
        wait_for_the_worker(page)
        page.goto(f"/loans/{loan.number}/")
        wait_for_copy(page, f"/loans/{loan.number}/")

        # The session ends without signing out, as when it expires.
        page.context.clear_cookies(name="sessionid")
        page.goto("/accounts/login/")
        page.fill("input[name=login]", brook.user.email)
        page.fill("input[name=password]", "correct horse")
        with page.expect_navigation():
            page.press("input[name=password]", "Enter")
        wait_for_copy(page, "/")

        page.context.set_offline(True)
        page.goto(f"/loans/{loan.number}/")
        assert "No connection" in shown(page)
        assert loan.number not in page.content()

    def test_a_form_says_that_nothing_was_sent_and_keeps_what_was_typed(self, open_browser, loan):
        page = open_browser("en")
        sign_in(page)
        wait_for_the_worker(page)
        page.goto(f"/loans/{loan.number}/pay/")
        page.fill("input[name=amount]", "123")

        page.context.set_offline(True)
        page.click("main form button.btn-primary")

        page.wait_for_function("() => document.getElementById('connection').textContent.includes('nothing was sent')")
        assert page.input_value("input[name=amount]") == "123"
        assert page.url.endswith("/pay/")
        page.context.set_offline(False)
        page.wait_for_function("() => document.getElementById('connection').textContent.includes('is back')")
