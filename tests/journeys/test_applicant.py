"""
Two people who need money: one gets the right loan within minutes, the other is told why not, and is helped.

The program, the credit bureau and the browser are real; only the worker's tasks are run here when it is their turn.
"""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from dashu.consents.services.load_texts import load_texts
from dashu.users.selectors import user_with_phone
from loans import tasks
from loans.domain.cost_sheet import sheet_of
from loans.domain.understanding import questions_of
from loans.models import Application, Disclosure, Loan, LoanContract, Offer, SigningCode
from tests.journeys.browsing import fits, follow, shown

# The digits before the last two say how the simulated bureau answers, see docs/credit-bureau.md.
CLEAN, OVER_COMMITTED = "110101199003071110", "110101199003070126"
MINUTES = 3


@pytest.fixture(autouse=True)
def bureau(transactional_db: None, policy_packs: None, settings: Any, live_server: Any) -> None:
    """The simulated bureau, asked over HTTP at the address of this test."""
    cache.clear()  # a phone gets one code a minute
    load_texts()
    settings.CREDIT_BUREAU_URL = live_server.url + "/bureau/simulated/"
    settings.SIMULATED_BUREAU_DELAY_MS = 0


def sign_up(page: Any, product: str) -> None:
    page.goto("/apply/")
    follow(page, f"text={product}")
    follow(page, "aside a.btn")
    page.fill("input[name=login]", "138 0000 1234")
    page.fill("input[name=password1]", "long river 7")
    follow(page, "form.panel button.btn-primary")
    # A demonstration sends nothing and shows the text with the code.
    page.fill("input[name=code]", re.findall(r"[0-9]{6}", page.inner_text(".notice"))[0])
    follow(page, "form.panel button.btn-primary")
    follow(page, "aside form button")


def answer(page: Any, **values: str) -> None:
    """Fill in a step and go on; `True` ticks a box."""
    for name, value in values.items():
        field = page.locator(f"[name='{name}']")
        if value is True:
            field.check()
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    assert fits(page)
    follow(page, "form.panel--raised button.btn-primary")


def apply(page: Any, *, number: str, income: str, amount: str) -> Application:
    """Answer every step, look it over and hand it in; then have the worker decide."""
    answer(page, amount=amount, months="12", purpose="EDUCATION")
    answer(page, name="王小明", number=number, phone="13800001234", household="1", is_resident=True)
    answer(page, job="fixed", years_in_job="6", home="rent")
    answer(page, income=income, housing="2200", food="1500", transport="300", family="200", assets="5000")
    answer(page)  # no other loans to declare
    follow(page, "form.panel button:not([name])")  # no papers
    for box in page.locator("input[type=checkbox]").all():
        box.check()
    follow(page, "form.panel--raised button.btn-primary")
    assert "王小明" in shown(page)
    follow(page, "form button.btn-primary")
    application = Application.objects.get()
    tasks.decide_application(application_id=application.pk)
    application.refresh_from_db()
    page.goto(f"/applications/{application.reference}/")
    return application


class TestTheGoodApplicant:
    def test_has_the_right_loan_signed_within_three_minutes(self, open_each_size):
        page = open_each_size("zh-hans")
        began = time.monotonic()

        sign_up(page, "消费贷款")
        application = apply(page, number=CLEAN, income="12000", amount="12000")
        assert application.status == "OFFERED"

        follow(page, "text=比较方案")
        assert "如果收入减少两成" in shown(page)
        assert fits(page)
        follow(page, ".offers form button >> nth=0")
        self.reads_every_cost(page)
        self.understands(page)
        self.signs(page)
        took = time.monotonic() - began

        application.refresh_from_db()
        contract = LoanContract.objects.get()
        loan = Loan.objects.get()
        offer = Offer.objects.get(chosen_at__isnull=False)
        assert application.status == "SIGNED"
        assert (loan.principal_minor, loan.annual_rate) == (12_000_00, offer.annual_rate)
        assert loan.borrower.user == user_with_phone("+8613800001234")
        assert bytes(contract.pdf)[:5] == b"%PDF-"
        assert took < MINUTES * 60, f"it took {took:.0f} s"

    def reads_every_cost(self, page: Any) -> None:
        assert "全部成本，按年计" in shown(page)
        page.evaluate("document.querySelector('#go').disabled = false")
        follow(page, "#go")
        assert "/questions/" not in page.url, "a click before the time is over leads nowhere"
        # The time passes; nobody waits for it in a test.
        Disclosure.objects.update(opened_at=timezone.now() - timedelta(minutes=1))
        page.goto(f"/applications/{Application.objects.get().reference}/costs/?later")
        follow(page, "#go")

    def understands(self, page: Any) -> None:
        offer = Offer.objects.get(chosen_at__isnull=False)
        for question in questions_of(sheet_of(offer.sheet)):
            page.check(f"input[name={question.about.value}][value={question.right}]")
        follow(page, "form.stack button.btn-primary")

    def signs(self, page: Any) -> None:
        page.fill("input[name=bank]", "示范银行")
        page.fill("input[name=number]", "6222020200112233446")
        follow(page, "form:has(input[name=bank]) button")
        code = SigningCode.objects.get()
        page.fill("input[name=code]", code.sealed_code)
        follow(page, "form:has(input[name=code]) button")
        assert "合同" in shown(page)


class TestTheOverCommittedApplicant:
    def test_is_told_why_not_and_helped_and_never_pressed(self, open_browser):
        page = open_browser("zh-hans")

        sign_up(page, "消费贷款")
        application = apply(page, number=OVER_COMMITTED, income="6500", amount="10000")

        assert application.status == "REFUSED"
        told = shown(page)
        assert "为什么不提供" in told
        assert re.search(r"¥[\d,.]+", told), "the figures that decided it"
        assert "人工" in told
        assert not page.locator("a[href*='/offers/']").count()
        for pressure in ("立即", "限时", "最后机会", "马上借", "其他平台"):
            assert pressure not in told

        follow(page, "text=看看每个月的钱花在哪里")
        assert "2,364.00" in shown(page)
        assert fits(page)
        page.go_back()
        follow(page, "a[href^='/learn/']:has-text('五分钟')")
        assert page.url.endswith("/learn/overdue/") or page.url.endswith("/learn/annual-rate/")
        page.go_back()
        follow(page, "a.btn:has-text('要求人工复核')")
        page.fill("textarea", "我下个月有新的收入。")
        follow(page, "form.panel--raised button")

        application.refresh_from_db()
        assert application.status == "REFERRED"
        assert application.review_requests.get().words == "我下个月有新的收入。"
        assert "前答复您" in shown(page)
