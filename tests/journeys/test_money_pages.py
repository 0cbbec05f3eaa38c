"""Money on a phone and at a desk: calculate before signing in, see why an amount is due, pay early, find a paper."""

from datetime import timedelta
from typing import Any

import pytest

from dashu.kernel.dates import lender_today
from repayments.models import Payment
from tests import factories
from tests.journeys.browsing import follow, shown, sign_in, width_of
from tests.journeys.looking import assert_fit_for_everyone

SIZES = [{"width": 360, "height": 740}, {"width": 1280, "height": 900}]


@pytest.fixture
def loan(transactional_db: None, policy_packs: None) -> Any:
    """The first installment is paid, and the second is late by five days."""
    amina = factories.borrower("Amina")
    due = lender_today() - timedelta(days=5)
    loan = factories.running_loan(amina, starts_on=due - timedelta(days=61), first_due_on=due - timedelta(days=30))
    factories.pay(loan, loan.installments.get(number=1).unpaid_minor, due - timedelta(days=30))
    return loan


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
class TestAVisitorCalculates:
    def test_by_typing_and_sees_the_figures_change(self, open_browser, loan, size):
        page = open_browser("zh-hans")
        page.set_viewport_size(size)
        page.goto("/")
        assert_fit_for_everyone(page)
        page.goto("/apply/")
        assert_fit_for_everyone(page)
        page.goto("/apply/consumer/")
        assert "¥1,833.60" in shown(page).replace("\n", "")
        page.wait_for_selector("input[type=range]")

        page.fill("#id_amount", "36000")
        page.wait_for_function("() => document.getElementById('calc-said').textContent.includes('¥3,300.48')")
        assert "3,605" in shown(page)
        assert "amount=36000" in page.url
        page.fill("#id_count", "99")
        page.wait_for_selector("#calc-count-wrong .field__error")
        assert page.get_attribute("#id_count", "aria-invalid") == "true"
        assert "金额和期限在这款贷款的范围之内" in shown(page)
        assert_fit_for_everyone(page)

    def test_without_scripts(self, open_browser, loan, size):
        page = open_browser("en", java_script_enabled=False)
        page.set_viewport_size(size)
        page.goto("/apply/consumer/")

        page.fill("#id_amount", "36000")
        follow(page, "text=Show the figures")

        assert "3,605" in shown(page)
        page.click("text=The same as a table")
        assert "¥3,300.48" not in page.inner_text(".plain-table tbody tr >> nth=0")
        assert "¥2,760.48" in page.inner_text(".plain-table tbody tr >> nth=0")
        assert width_of(page) == size["width"]


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
class TestABorrowerSeesWhy:
    def test_and_what_paying_more_would_change_and_pays_it(self, open_browser, loan, size):
        page = open_browser("zh-hans")
        page.set_viewport_size(size)
        sign_in(page)
        assert_fit_for_everyone(page)
        page.goto(f"/loans/{loan.number}/")
        page.click(".whys details >> nth=1 >> summary")
        assert "× 24% ÷ 360 ×" in page.inner_text(".whys details >> nth=1")
        page.click(".schedule tbody tr >> nth=1 >> summary")
        page.click("[data-chart] summary")
        assert_fit_for_everyone(page)

        follow(page, "text=如果今天多还一些？")
        page.fill("#id_amount", "500")
        page.wait_for_selector("a[href*='amount=1']")
        assert_fit_for_everyone(page)
        follow(page, "text=还这个金额")
        assert page.is_checked("#choice_other")
        assert_fit_for_everyone(page)
        follow(page, "text=看看还的是什么")
        assert_fit_for_everyone(page)
        follow(page, "text=去付款")
        follow(page, "text=确认付款")

        payment = Payment.objects.latest("pk")
        assert "/receipts/" in page.url
        assert page.is_visible("button[data-print]")
        assert_fit_for_everyone(page)
        page.goto("/documents/")
        assert payment.reference in page.inner_html("main")
        assert_fit_for_everyone(page)
