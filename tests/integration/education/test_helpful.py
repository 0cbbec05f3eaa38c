"""Whether a lesson helped: one word a person or a visit, for staff to count."""

import secrets

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from dashu.kernel.dates import lender_now
from education.models import LessonFeedback
from education.selectors.feedback import helpfulness
from education.services.say_helpful import TooManyWords, UnknownLesson, say_helpful
from education.views import feedback
from tests import factories
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

ADDRESS = "/learn/overdue/helpful/"


def say(**said):
    usual = {"lesson": "overdue", "language": "en", "user_id": None, "visitor": "a" * 32, "words": ""}
    return say_helpful(**{**usual, "is_helpful": True, "said_at": lender_now(), **said})


@pytest.fixture
def browser():
    return Client(headers={"accept-language": "en"})


class TestSaying:
    def test_a_visitor_says_it_without_signing_in_and_is_thanked(self, browser):
        page = browser.post(ADDRESS, {"helpful": "no", "words": "  too long "}, follow=True)

        assert page.redirect_chain == [("/learn/overdue/#helpful", 302)]
        assert "Thank you. Your answer is kept" in page.content.decode()
        said = LessonFeedback.objects.get()
        assert (said.lesson, said.language, said.is_helpful, said.words) == ("overdue", "en", False, "too long")
        assert said.user is None
        assert len(said.visitor) == 32

    def test_saying_it_again_in_one_visit_replaces_it(self, browser):
        browser.post(ADDRESS, {"helpful": "no"})
        browser.post(ADDRESS, {"helpful": "yes", "words": "now I see"})

        said = LessonFeedback.objects.get()
        assert (said.is_helpful, said.words) == (True, "now I see")

    def test_too_often_from_one_place_is_refused_and_what_was_written_stays(self, monkeypatch):
        monkeypatch.setattr(feedback, "AN_HOUR", 2)
        place = f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}"  # the limits are kept over tests

        visits = [Client(headers={"accept-language": "en"}, REMOTE_ADDR=place) for _visit in range(3)]
        answers = [each.post(ADDRESS, {"helpful": "no", "words": "again"}) for each in visits]

        assert [answer.status_code for answer in answers] == [302, 302, 200]
        assert "too many calls" in answers[-1].content.decode()
        assert "again</textarea>" in answers[-1].content.decode()
        assert LessonFeedback.objects.count() == 2

    def test_another_visit_is_another_word(self, browser):
        browser.post(ADDRESS, {"helpful": "no"})
        Client().post(ADDRESS, {"helpful": "no"})

        assert LessonFeedback.objects.count() == 2

    def test_a_person_has_one_word_on_a_lesson_in_whatever_browser(self, rules):
        amina = factories.borrower("Amina").user
        for answer in ("no", "yes"):
            client = Client()
            client.force_login(amina, "django.contrib.auth.backends.ModelBackend")
            client.post(ADDRESS, {"helpful": answer})

        said = LessonFeedback.objects.get()
        assert (said.user, said.visitor, said.is_helpful) == (amina, "", True)

    def test_htmx_gets_the_form_with_thanks_and_no_page(self, browser):
        page = browser.post(ADDRESS, {"helpful": "yes"}, headers={"hx-request": "true"}).content.decode()

        assert "<html" not in page
        assert 'id="helpful"' in page
        assert "Thank you." in page

    def test_without_an_answer_nothing_is_kept_and_the_field_says_so(self, browser):
        page = browser.post(ADDRESS, {"words": "hm"})

        assert page.status_code == 200
        assert "Please fill this in." in page.content.decode()
        assert ">hm</textarea>" in page.content.decode().replace("\n", "")
        assert LessonFeedback.objects.exists() is False

    def test_reading_alone_leaves_no_cookie_of_a_session(self, browser):
        browser.get("/learn/overdue/")

        assert "sessionid" not in browser.cookies

    def test_of_a_lesson_that_does_not_exist_nothing_is_said(self, browser):
        assert browser.post("/learn/nothing/helpful/", {"helpful": "yes"}).status_code == 404
        with pytest.raises(UnknownLesson):
            say(lesson="nothing")

    def test_too_many_words_are_refused(self):
        with pytest.raises(TooManyWords):
            say(words="x" * 501)

        assert LessonFeedback.objects.exists() is False


class TestTheTable:
    def test_keeps_no_word_of_nobody_and_none_of_two(self, rules):
        amina = factories.borrower("Amina").user
        about = {"lesson": "overdue", "language": "en", "is_helpful": True, "said_at": lender_now()}

        for reader in ({"user": None, "visitor": ""}, {"user": amina, "visitor": "b" * 32}):
            with pytest.raises(IntegrityError), transaction.atomic():
                LessonFeedback.objects.create(**about, **reader)

    def test_counts_by_lesson(self):
        say(visitor="a" * 32)
        say(visitor="b" * 32, is_helpful=False, words="why?")
        say(visitor="a" * 32, lesson="budget")

        counted = [(each.lesson, each.yes, each.no, each.with_words) for each in helpfulness()]

        assert counted == [("budget", 1, 0, 0), ("overdue", 1, 1, 1)]


class TestBackOffice:
    @pytest.mark.parametrize(("role", "code"), [("SUPERVISOR", 200), ("COLLECTOR", 200), ("ACCOUNTANT", 403)])
    def test_shows_counts_and_words_to_who_may_see_education(self, role, code, rules):
        say(is_helpful=False, words="The table was hard to read.")

        page = as_role(role).get("/admin/education/lessonfeedback/", headers={"accept-language": "en"})

        assert page.status_code == code
        if code == 200:
            assert "The table was hard to read." in page.content.decode()
            assert "0.0%" in page.content.decode()

    @pytest.mark.parametrize("whose", ["user", "user__id__exact", "user_id__in", "visitor", "visitor__startswith"])
    def test_is_not_narrowed_to_one_person_by_the_address(self, whose, rules):
        amina = factories.borrower("Amina").user
        say(user_id=amina.pk, visitor="", words="Words of mine")

        page = as_role("SUPERVISOR").get(f"/admin/education/lessonfeedback/?{whose}={amina.pk}")

        assert page.status_code == 400
        assert "Words of mine" not in page.content.decode()

    def test_is_narrowed_to_a_lesson(self, rules):
        say(words="Of this one")
        say(lesson="budget", words="Of the other")

        page = as_role("SUPERVISOR").get("/admin/education/lessonfeedback/?lesson=overdue").content.decode()

        assert ("Of this one" in page, "Of the other" in page) == (True, False)

    def test_costs_the_same_however_many_words_there_are(self, rules, django_assert_max_num_queries):
        client = as_role("SUPERVISOR")
        for number in range(20):
            say(visitor=f"{number:032d}", words="word")

        with django_assert_max_num_queries(12):
            client.get("/admin/education/lessonfeedback/")
