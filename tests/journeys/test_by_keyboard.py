"""A borrower without a mouse, on a wide screen: finds out what is late, brings it up to date, and sees that it is."""

from typing import Any

from dashu.kernel.dates import lender_today
from dashu.web.templatetags.dashu import money
from repayments.models import Payment
from repayments.selectors.standings import standings_of
from tests.journeys.browsing import shown, sign_in
from tests.journeys.test_borrower_in_trouble import amina, late  # noqa: F401 – fixtures

MOST = 60  # presses of a key to anywhere on a page


def reach(page: Any, words: str) -> None:
    """Press the tab key until what carries these words has the focus, and see that the focus can be seen."""
    for _press in range(MOST):
        page.keyboard.press("Tab")
        found = page.evaluate("document.activeElement.innerText || document.activeElement.value || ''")
        if words in found:
            break
    else:
        raise AssertionError(f"{words!r} is not reached")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", words


def press(page: Any, words: str) -> None:
    reach(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_what_is_late_is_paid(open_browser, late):  # noqa: F811
    page = open_browser("zh-hans")
    page.set_viewport_size({"width": 1280, "height": 900})
    standing = standings_of([late], today=lender_today())[late.pk]
    sign_in(page)
    assert "已逾期 18 天" in shown(page)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    press(page, "去还款")
    press(page, "看看还的是什么")
    press(page, "去付款")
    press(page, "确认付款")

    assert Payment.objects.get().amount_minor == standing.to_pay_next
    assert money(standing.to_pay_next) in shown(page)
    press(page, "回到我的贷款")
    assert "已逾期" not in shown(page)
    assert "正常" in shown(page)
