import pytest

from dashu.users.models import User
from education.domain.lessons import LANGUAGES, load_lesson, slugs
from education.models import QuizAnswer

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
