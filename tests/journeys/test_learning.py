"""A visitor learns what a monthly fee really costs; a borrower reads a lesson with their own figures."""

from datetime import timedelta
from typing import Any

import pytest

from dashu.kernel.dates import add_months, lender_today
from education.domain.lessons import load_lesson
from education.models import LessonFeedback, QuizAnswer
from tests import factories
from tests.journeys.browsing import fits, follow, shown, sign_in
from tests.journeys.looking import assert_fit_for_everyone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(policy_packs: None) -> None:
    """The rules that the calculators count by."""


def learned(page: Any, code: str) -> None:
    """Answer a question rightly and wait for its feedback."""
    question = load_lesson("annual-rate", "zh-hans").question(code)
    right = next(option for option in question.options if option.is_right)
    page.check(f"#{code} input[value={right.code}]")
    page.click(f"#{code} button")
    page.wait_for_selector(f"#{code} .answer__mine")


@pytest.mark.usefixtures("world")
class TestVisitor:
    def test_learns_flat_against_irr_with_the_calculator(self, open_each_size):
        page = open_each_size("zh-hans")
        page.goto("/learn/")
        assert_fit_for_everyone(page)

        follow(page, "text=砍头息：到手多少")
        assert_fit_for_everyone(page)
        assert "31.34%" in shown(page)

        follow(page, "text=用计算器算一算真实的年化利率")
        assert_fit_for_everyone(page)
        assert "13.03%" in shown(page)

        with page.expect_response(lambda answer: "kept_back=1000" in answer.url):
            page.fill("#id_lent", "10000")
            page.fill("#id_fee", "0.5")
            page.fill("#id_kept_back", "1000")
        page.wait_for_selector("text=31.34%")
        assert "36.26%" in shown(page)
        assert "kept_back=1000" in page.url

        page.fill("#id_fee", "很多")
        page.wait_for_selector("#id_fee_error")
        assert page.get_attribute("#id_fee", "aria-invalid") == "true"
        assert "31.34%" not in shown(page)

        page.goto("/learn/annual-rate/")
        question = load_lesson("annual-rate", "zh-hans").questions[0]
        learned(page, question.code)
        assert next(option for option in question.options if option.is_right).feedback in shown(page)
        assert_fit_for_everyone(page)

        page.click("label:has-text('有帮助')")
        page.click("#helpful button")
        page.wait_for_selector("#helpful .notice--good")
        assert LessonFeedback.objects.get().is_helpful is True
        assert QuizAnswer.objects.exists() is False

    def test_needs_no_scripts(self, open_browser):
        page = open_browser("zh-hans", java_script_enabled=False)
        page.goto("/learn/calculators/flat-vs-irr/")
        page.fill("#id_fee", "0.75")
        follow(page, ".calc button.calc__go")

        assert "16.22%" in shown(page)
        assert page.is_hidden("button[data-aloud], button[data-share]")

    @pytest.mark.parametrize("code", ["minimum-payment", "budget", "multi-loan", "prepay", "penalty"])
    def test_finds_no_barrier_in_any_calculator_at_the_narrowest(self, open_browser, code):
        page = open_browser("zh-hans", viewport={"width": 320, "height": 640}, color_scheme="dark")
        page.goto(f"/learn/calculators/{code}/")

        assert_fit_for_everyone(page)
        assert fits(page)

    def test_reads_a_lesson_again_without_a_connection(self, open_browser):
        page = open_browser("zh-hans")
        page.goto("/learn/overdue/")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.wait_for_function("() => caches.match('/learn/overdue/', {cacheName: 'dashu-reading'}).then(Boolean)")

        page.context.set_offline(True)
        page.reload()

        assert load_lesson("overdue", "zh-hans").title in shown(page)
        assert page.is_visible("[data-copy]")

    def test_searches_and_opens_a_word_where_it_stands(self, open_browser):
        page = open_browser("zh-hans")
        page.goto("/learn/")
        page.fill("#find", "遲繳會怎樣")
        follow(page, ".find button")
        assert_fit_for_everyone(page)
        follow(page, "text=逾期会怎样")

        mark = page.locator("a.term").first
        mark.click()
        card = page.locator(f"#{mark.get_attribute('data-term')}")
        assert card.is_visible()
        assert mark.get_attribute("aria-expanded") == "true"
        assert_fit_for_everyone(page)
        page.keyboard.press("Escape")
        assert card.is_hidden()
        assert page.url.endswith("/learn/overdue/")

    def test_without_scripts_a_word_leads_to_the_glossary(self, open_browser):
        page = open_browser("zh-hans", java_script_enabled=False)
        page.goto("/learn/overdue/")
        code = page.locator("a.term").first.get_attribute("data-term").removeprefix("term-")
        follow(page, "a.term >> nth=0")

        assert page.url.endswith(f"/learn/glossary/#{code}")
        assert page.is_visible(f"#{code}")


@pytest.mark.usefixtures("world")
class TestBorrower:
    def test_reads_on_the_first_day_overdue_with_own_figures(self, open_browser):
        amina = factories.borrower("Amina")
        factories.running_loan(amina, starts_on=add_months(lender_today() - timedelta(days=1), -1))
        page = open_browser("zh-hans")
        sign_in(page)

        page.goto("/learn/overdue/")

        assert "只有您看得到" in shown(page)
        assert "¥1,100.16" in shown(page)  # what is overdue
        assert "¥0.61" in shown(page)  # what a further day costs
        assert_fit_for_everyone(page)

        page.goto("/learn/calculators/penalty/")
        follow(page, "text=用我自己的数字开始")
        assert page.input_value("#id_days") == "1"
        assert_fit_for_everyone(page)
