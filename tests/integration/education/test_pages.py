from datetime import timedelta

import pytest
from django.test import Client

from dashu.kernel.dates import add_months, lender_today
from dashu.users.models import User
from education.domain.lessons import LANGUAGES, load_lesson, slugs
from education.models import QuizAnswer
from tests import factories

pytestmark = pytest.mark.django_db

ANSWER = "/learn/overdue/questions/cost-of-30-days/"


@pytest.fixture
def amina():
    return User.objects.create_user("amina@example.com", "secret-word", language="en")


class TestLessonPages:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", slugs())
    def test_a_visitor_reads_a_lesson_in_each_language(self, client, slug, language):
        page = client.get(f"/learn/{slug}/", headers={"accept-language": language})

        assert page.status_code == 200
        assert load_lesson(slug, language).title in page.content.decode()

    def test_reading_as_a_visitor_asks_the_database_only_which_versions_are_published(
        self, client, django_assert_num_queries
    ):
        with django_assert_num_queries(1):
            client.get("/learn/overdue/")

    def test_a_lesson_that_does_not_exist_is_not_found(self, client):
        assert client.get("/learn/nothing/").status_code == 404


class TestQuiz:
    def test_without_scripts_the_answer_comes_back_with_the_feedback_of_every_option(self, client):
        page = client.post(ANSWER, {"option": "nothing"}, follow=True, headers={"accept-language": "en"})

        text = page.content.decode()
        assert page.redirect_chain == [("/learn/overdue/?cost-of-30-days=nothing#cost-of-30-days", 302)]
        for option in load_lesson("overdue", "en").question("cost-of-30-days").options:
            assert option.feedback in text
        assert "Answer again" in text
        assert QuizAnswer.objects.exists() is False

    def test_with_htmx_only_the_question_comes_back(self, client):
        page = client.post(ANSWER, {"option": "thirty-days"}, headers={"hx-request": "true", "accept-language": "en"})

        assert "<html" not in page.content.decode()
        assert "Your answer" in page.content.decode()

    def test_a_signed_in_readers_answer_is_kept_and_shown_again(self, client, amina):
        client.force_login(amina)

        client.post(ANSWER, {"option": "thirty-days"}, headers={"hx-request": "true"})

        assert QuizAnswer.objects.get().progress.user == amina
        assert "Your answer" in client.get("/learn/overdue/", headers={"accept-language": "en"}).content.decode()

    def test_a_question_can_be_opened_again(self, client, amina):
        client.force_login(amina)
        client.post(ANSWER, {"option": "nothing"})

        page = client.get("/learn/overdue/?again=cost-of-30-days", headers={"accept-language": "en"})

        assert "Your answer" not in page.content.decode()

    def test_an_answer_without_a_choice_changes_nothing(self, client, amina):
        client.force_login(amina)

        page = client.post(ANSWER, {}, follow=True)

        assert page.status_code == 200
        assert QuizAnswer.objects.exists() is False

    @pytest.mark.parametrize("address", ["/learn/nothing/questions/a/", "/learn/overdue/questions/nothing/"])
    def test_an_unknown_question_is_not_found(self, client, address):
        assert client.post(address, {"option": "x"}).status_code == 404


class TestOwnFiguresInLessons:
    @pytest.fixture
    def borrower(self, rules):
        found = factories.borrower("Amina")
        factories.speak(found.user, "en")
        return found

    def page(self, borrower, address="/learn/overdue/") -> str:
        client = Client()
        client.force_login(borrower.user, "django.contrib.auth.backends.ModelBackend")
        return client.get(address).content.decode()

    def test_stand_in_the_text_of_who_has_a_loan(self, borrower):
        loan = factories.running_loan(borrower, starts_on=lender_today() - timedelta(days=5), principal=6_000_00)

        text = self.page(borrower)

        assert "¥550.08" in text
        assert f"The figures here are of your consumer loan, {loan.number}." in text.replace("Consumer", "consumer")

    def test_say_on_the_first_day_overdue_what_is_owed_and_what_a_day_costs(self, borrower):
        start = add_months(lender_today() - timedelta(days=1), -1)
        loan = factories.running_loan(borrower, starts_on=start)

        text = self.page(borrower)

        assert f'href="/loans/{loan.number}/overdue/"' in text
        assert "Each further day" in text

    def test_of_several_loans_one_can_be_chosen(self, borrower):
        start = lender_today() - timedelta(days=5)
        small = factories.running_loan(borrower, starts_on=start, principal=6_000_00)
        large = factories.running_loan(borrower, starts_on=start, principal=24_000_00)

        text = self.page(borrower, f"/learn/overdue/?loan={large.number}")

        assert "¥2,200.32" in text
        assert f'href="/learn/overdue/?loan={small.number}"' in text

    def test_without_a_loan_the_text_is_of_the_example(self, borrower):
        assert "These are the figures of an example, not of your loan." in self.page(borrower)


class TestLessonList:
    def test_is_by_level_with_progress_and_without_pressure(self, client, amina):
        client.force_login(amina)
        client.post(ANSWER, {"option": "thirty-days"})

        text = client.get("/learn/").content.decode()

        assert text.index("The basics") < text.index("Month by month") < text.index("When it gets hard")
        assert "1 of 4 questions answered" in text
        assert "0 of 12 lessons learned." in text
        assert "Begun" in text

    def test_costs_a_reader_four_statements_beside_session_and_tabs(self, client, amina, django_assert_num_queries):
        client.force_login(amina)
        client.get("/learn/")

        with django_assert_num_queries(7):
            client.get("/learn/")


class TestLanguageOfAnAddress:
    def test_opens_in_the_language_it_names_and_stays_in_it(self, client):
        page = client.get("/learn/overdue/?lang=zh-hant", headers={"accept-language": "en"})

        assert load_lesson("overdue", "zh-hant").title in page.content.decode()
        assert '<html lang="zh-hant">' in page.content.decode()
        assert load_lesson("budget", "zh-hant").title in client.get("/learn/budget/").content.decode()

    def test_the_choice_of_language_leads_back_to_the_address_without_one(self, client):
        page = client.get("/learn/overdue/?lang=zh-hant&again=x").content.decode()

        assert 'name="next" value="/learn/overdue/?again=x"' in page

    def test_one_that_we_do_not_have_changes_nothing(self, client):
        page = client.get("/learn/overdue/?lang=xx", headers={"accept-language": "en"}).content.decode()

        assert '<html lang="en">' in page
