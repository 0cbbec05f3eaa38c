"""The calculators as pages: an answer at once, what is wrong at its field, and the reader's own figures."""

from datetime import timedelta

import pytest
from django.test import Client

from dashu.kernel.dates import lender_today
from education.domain.lessons import LANGUAGES, PAGES, slugs
from education.views.calculators.catalog import CALCULATORS
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

EACH = pytest.mark.parametrize("code", CALCULATORS)


@pytest.fixture
def browser():
    return Client(headers={"accept-language": "en"})


def text_of(browser: Client, code: str, **typed: str) -> str:
    page = browser.get(f"/learn/calculators/{code}/", typed)
    assert page.status_code == 200
    return page.content.decode()


def own_browser(borrower) -> Client:
    factories.speak(borrower.user, "en")
    client = Client()
    client.force_login(borrower.user, "django.contrib.auth.backends.ModelBackend")
    return client


def test_lessons_lead_to_calculators_that_exist():
    assert {page.removeprefix("calculator:") for page in PAGES if page.startswith("calculator:")} == set(CALCULATORS)
    assert {each.lesson for each in CALCULATORS.values()} <= set(slugs())


class TestEveryCalculator:
    @EACH
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_answers_at_once_with_its_example(self, code, language):
        page = Client(headers={"accept-language": language}).get(f"/learn/calculators/{code}/")

        assert page.status_code == 200
        assert 'class="next__amount"' in page.content.decode()
        assert "field__error" not in page.content.decode()

    @EACH
    def test_says_at_the_field_what_is_wrong_and_gives_no_answer(self, browser, code):
        first = next(iter(CALCULATORS[code].form.usual))

        text = text_of(browser, code, **{first: "☃ nonsense"})

        assert f'id="id_{first}_error"' in text
        assert "As soon as every figure fits" in text
        assert 'class="next__amount"' not in text
        assert "☃ nonsense" in text

    @EACH
    def test_sent_by_htmx_only_the_answer_comes_back(self, browser, code):
        page = browser.get(f"/learn/calculators/{code}/", headers={"hx-request": "true"})

        text = page.content.decode()
        assert "<html" not in text
        assert 'id="calc-said"' in text
        assert all(f'id="calc-{name}-wrong"' in text for name in CALCULATORS[code].form.usual)

    @EACH
    def test_leads_to_its_lesson_and_says_how_it_counts(self, browser, code):
        text = text_of(browser, code)

        assert f'href="/learn/{CALCULATORS[code].lesson}/"' in text
        assert str(CALCULATORS[code].formula[0]).split(":")[0] in text

    def test_that_does_not_exist_is_not_found(self, browser):
        assert browser.get("/learn/calculators/nothing/").status_code == 404

    def test_is_in_the_list(self, browser):
        text = browser.get("/learn/calculators/").content.decode()

        assert [code for code in CALCULATORS if f'href="/learn/calculators/{code}/"' not in text] == []


class TestAnswers:
    def test_flat_as_people_type_it(self, browser):
        text = text_of(browser, "flat-vs-irr", lent="１2,000 元", fee="0.6%", months="12")

        assert "It is 13.03%, or 13.84% compounded" in text

    def test_money_kept_back(self, browser):
        text = text_of(browser, "flat-vs-irr", lent="10000", fee="0.5", months="12", kept_back="1000")

        assert "It is 31.34%, or 36.26% compounded" in text

    def test_all_kept_back_is_refused_at_its_field(self, browser):
        text = text_of(browser, "flat-vs-irr", lent="10000", kept_back="10000")

        assert 'id="id_kept_back_error"' in text

    def test_the_minimum(self, browser):
        text = text_of(browser, "minimum-payment", balance="20000")

        assert "By the minimum alone it takes 45 months and costs ¥3,440.56 of interest." in text
        assert "With ¥2,030.42 each month it ends after 11 months and costs ¥1,606.60 less." in text

    def test_a_minimum_that_never_ends(self, browser):
        text = text_of(browser, "minimum-payment", share="1", floor="1", fixed="1000")

        assert "By the minimum alone the balance would never end." in text

    def test_a_month_that_does_not_reach(self, browser):
        assert "¥500.00 is missing each month." in text_of(
            browser, "budget", income="5000", essentials="4000", debts="1000"
        )

    def test_several_loans(self, browser):
        text = text_of(browser, "multi-loan")

        assert "together they take ¥2,364.00 a month, 36.4% of the income" in text
        assert "¥14.00 is missing" in text

    def test_a_list_of_ones_own_does_not_stand_beside_the_example(self, browser):
        text = text_of(browser, "multi-loan", owed_1="1200", rate_1="0", months_1="12")

        assert "The loans take ¥100.00 a month" in text

    def test_a_loan_that_is_half_filled_in_is_refused(self, browser):
        text = text_of(browser, "multi-loan", owed_1="1200", rate_1="0", months_1="")

        assert 'id="id_months_1_error"' in text

    def test_spare_money(self, browser):
        assert "Paying down is ahead by ¥1,058.79 at the end." in text_of(browser, "prepay")

    def test_being_late(self, browser):
        text = text_of(browser, "penalty", principal="1000", days="30", rate="24")

        assert "¥1,000.00 that is 30 days late costs ¥20.00 at 24% a year." in text

    @pytest.mark.parametrize(
        ("code", "typed"),
        [
            ("flat-vs-irr", {"lent": "10000001"}),
            ("flat-vs-irr", {"fee": "-1"}),
            ("flat-vs-irr", {"fee": "0.00001"}),
            ("flat-vs-irr", {"fee": "Infinity"}),
            ("flat-vs-irr", {"fee": "1e3"}),
            ("flat-vs-irr", {"months": "0"}),
            ("flat-vs-irr", {"months": "٣"}),
            ("flat-vs-irr", {"months": "1000000"}),
            ("minimum-payment", {"daily": "0.3"}),
            ("prepay", {"extra": "50000"}),
            ("penalty", {"days": "721"}),
            ("penalty", {"principal": "1.005"}),
        ],
    )
    def test_what_is_out_of_bounds_is_refused_at_its_field(self, browser, code, typed):
        text = text_of(browser, code, **typed)

        assert f'id="id_{next(iter(typed))}_error"' in text

    @pytest.mark.parametrize("typed", [{"daily": "0", "share": "100"}, {"balance": "100", "floor": "10000000"}])
    def test_the_ends_of_the_bounds_are_answered(self, browser, typed):
        assert 'class="next__amount"' in text_of(browser, "minimum-payment", **typed)

    def test_no_penalty_draws_no_chart(self, browser):
        assert "<svg viewBox" not in text_of(browser, "penalty", rate="0")


class TestOwnFigures:
    def test_a_visitor_is_offered_none(self, browser):
        assert "own=1" not in text_of(browser, "prepay")

    def test_are_offered_and_stand_in_the_boxes(self):
        amina = factories.borrower("Amina")
        factories.running_loan(amina, starts_on=lender_today() - timedelta(days=10))
        client = own_browser(amina)

        assert 'href="/learn/calculators/prepay/?own=1"' in text_of(client, "prepay")
        text = text_of(client, "prepay", own="1")
        for name, value in {"owed": "12000", "rate": "18", "months": "12", "extra": "2400"}.items():
            assert f'name="{name}" value="{value}"' in text
        assert "These are your own figures, and only you see them." in text

    def test_of_a_late_loan_are_its_days_and_principal(self):
        amina = factories.borrower("Amina")
        factories.running_loan(amina, starts_on=lender_today() - timedelta(days=40))

        text = text_of(own_browser(amina), "penalty", own="1")

        assert 'name="principal" value="920.16"' in text
        assert 'name="rate" value="24"' in text

    def test_of_several_loans_stand_beside_each_other(self):
        amina = factories.borrower("Amina")
        for principal in (12_000_00, 24_000_00):
            factories.running_loan(amina, starts_on=lender_today() - timedelta(days=5), principal=principal)

        text = text_of(own_browser(amina), "multi-loan", own="1")

        assert 'name="owed_1" value="12000"' in text
        assert 'name="owed_2" value="24000"' in text
        assert 'name="owed_3" value=' not in text

    def test_of_another_are_not_shown(self):
        factories.running_loan(factories.borrower("Amina"), starts_on=lender_today() - timedelta(days=5))

        assert "own=1" not in text_of(own_browser(factories.borrower("Brook")), "prepay")
