"""Learning over days on its pages: the questions of today, what is mastered, a certificate, and leaving no trace."""

from datetime import timedelta

import pytest
from django.test import Client

from dashu.audit.models import AuditRecord
from dashu.documents.codes import grouped
from dashu.kernel.dates import lender_date, lender_now
from dashu.policy.rules import learning_repeats
from education.domain.lessons import load_lesson, slugs
from education.models import LearningCertificate, LessonFeedback, LessonProgress, QuizAnswer, Repeat
from education.selectors.certificates import public_certificate
from education.selectors.repeats import levels_of
from education.services.certificates import NotMastered, issue_certificate
from education.services.record_answer import record_answer
from tests import factories

pytestmark = pytest.mark.django_db

NOW = lender_now()
TODAY = lender_date(NOW)
QUESTION = "/learn/today/overdue/late-call/"


@pytest.fixture
def amina(rules):
    found = factories.borrower("Amina")
    factories.speak(found.user, "en")
    return found


@pytest.fixture
def browser(amina):
    client = Client(headers={"accept-language": "en"})
    client.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")
    return client


def right(lesson, question):
    return next(option.code for option in load_lesson(lesson, "en").question(question).options if option.is_right)


def answered(user, lesson, question, *, days_ago):
    record_answer(
        user_id=user.pk,
        lesson=lesson,
        question=question,
        option=right(lesson, question),
        answered_at=NOW - timedelta(days=days_ago),
    )


def master(user, level):
    """Every question of the level right, and right again."""
    for slug in slugs():
        lesson = load_lesson(slug, "en")
        if lesson.level == level:
            for question in lesson.questions:
                answered(user, slug, question.code, days_ago=20)
    Repeat.objects.filter(progress__user=user).update(stage=2)


def issue(user, name="", level=1):
    return issue_certificate(user_id=user.pk, level=level, name=name, language="en", now=NOW)


class TestToday:
    def test_the_hub_leads_to_what_comes_again_and_the_answer_brings_the_feedback(self, browser, amina):
        answered(amina.user, "overdue", "late-call", days_ago=3)

        assert "One question of today" in browser.get("/learn/").content.decode()
        question = load_lesson("overdue", "en").question("late-call")
        assert question.repeats[1].text in browser.get("/learn/today/").content.decode()

        page = browser.post(QUESTION, {"option": right("overdue", "late-call")}).content.decode()

        assert all(option.feedback in page for option in question.options)
        assert Repeat.objects.get().due_on == TODAY + timedelta(days=10)
        assert "Nothing comes again today." in browser.get("/learn/today/").content.decode()
        assert "question of today" not in browser.get("/learn/").content.decode()

    def test_with_htmx_only_the_question_comes_back(self, browser, amina):
        answered(amina.user, "overdue", "late-call", days_ago=3)

        page = browser.post(QUESTION, {"option": right("overdue", "late-call")}, headers={"hx-request": "true"})

        assert "<html" not in page.content.decode()
        assert "Your answer" in page.content.decode()

    def test_sent_twice_is_answered_once(self, browser, amina):
        answered(amina.user, "overdue", "late-call", days_ago=3)

        for _time in range(2):
            browser.post(QUESTION, {"option": right("overdue", "late-call")})

        assert (QuizAnswer.objects.count(), Repeat.objects.get().stage) == (2, 2)

    @pytest.mark.parametrize(
        ("address", "option", "code"),
        [
            (QUESTION, "no-such-option", 404),
            ("/learn/today/overdue/nothing/", "x", 404),
            ("/learn/today/nothing/late-call/", "x", 404),
            (QUESTION, "", 302),
        ],
    )
    def test_what_is_not_an_answer_changes_nothing(self, browser, amina, address, option, code):
        answered(amina.user, "overdue", "late-call", days_ago=3)

        assert browser.post(address, {"option": option}).status_code == code
        assert QuizAnswer.objects.count() == 1

    def test_a_question_that_was_never_asked_is_not_found(self, browser):
        assert browser.post(QUESTION, {"option": right("overdue", "late-call")}).status_code == 404
        assert LessonProgress.objects.exists() is False

    def test_a_visitor_is_asked_to_sign_in_and_sees_no_panel(self, rules):
        assert Client().get("/learn/today/").status_code == 302
        assert "/learn/progress/" not in Client().get("/learn/").content.decode()


class TestProgress:
    def test_says_how_far_one_is_and_by_which_rule(self, browser, amina):
        master(amina.user, 1)

        page = browser.get("/learn/progress/").content.decode()

        basics, months, _hard = levels_of(user_id=amina.user.pk, rules=learning_repeats(TODAY))
        assert basics.is_mastered is True
        assert f"{basics.mastered} of {len(basics.skills)} skills mastered" in page
        assert f"0 of {len(months.skills)} skills mastered" in page
        assert "comes again after 3, 10 and 30 days" in page
        assert "right again 3 days later or more" in page
        assert "2 questions a day at most" in page

    def test_asks_the_database_the_same_however_much_was_learned(self, browser, amina, django_assert_max_num_queries):
        master(amina.user, 1)
        master(amina.user, 2)

        with django_assert_max_num_queries(14):
            browser.get("/learn/progress/")


class TestCertificate:
    def test_of_a_mastered_level_can_be_checked_by_anybody_with_the_name_in_part(self, browser, amina):
        master(amina.user, 1)

        answer = browser.post("/learn/progress/certificates/", {"level": "1", "name": " Amina  Diallo "})
        made = LearningCertificate.objects.get()
        file = browser.get(answer.url)

        assert (made.name, made.facts["lessons"][0]) == ("Amina Diallo", "credit-record")
        assert file.headers["Content-Type"] == "application/pdf"
        assert file.content.startswith(b"%PDF")
        page = Client(headers={"accept-language": "en"}).get(f"/verify/{grouped(made.code)}/").content.decode()
        assert "Issued by us and valid" in page
        assert "The basics" in page
        assert "Amina Diallo" not in page

    def test_bears_no_name_where_none_is_wished(self, amina):
        master(amina.user, 1)

        assert public_certificate(issue(amina.user).code).borrower == ""

    def test_has_a_name_without_signs_that_nobody_can_see(self, amina):
        master(amina.user, 1)

        assert issue(amina.user, "Ami\0na\u202e Diallo").name == "Amina Diallo"

    def test_asked_for_twice_is_the_same_one(self, amina):
        master(amina.user, 1)

        assert issue(amina.user) == issue(amina.user, "  ")
        assert issue(amina.user, "A") != issue(amina.user)

    @pytest.mark.parametrize("level", [1, 2, 7])
    def test_is_not_issued_before_every_skill_is_mastered(self, amina, level):
        master(amina.user, 1)
        Repeat.objects.filter(question="real-rate").update(stage=1)

        with pytest.raises(NotMastered):
            issue(amina.user, level=level)

        assert LearningCertificate.objects.exists() is False

    def test_of_somebody_else_is_not_found(self, amina, browser):
        brook = factories.borrower("Brook")
        master(brook.user, 1)
        code = grouped(issue(brook.user).code)

        assert browser.get(f"/learn/progress/certificates/{code}/").status_code == 404

    def test_a_name_that_does_not_fit_is_refused_beside_the_field_and_kept(self, browser, amina):
        master(amina.user, 1)

        page = browser.post("/learn/progress/certificates/", {"level": "1", "name": "x" * 61})

        assert page.status_code == 400
        assert "At most 60 signs fit on the paper." in page.content.decode()
        assert "x" * 61 in page.content.decode()

    def test_a_level_that_is_none_is_not_found(self, browser):
        assert browser.post("/learn/progress/certificates/", {"level": "9"}).status_code == 404


class TestErasing:
    def test_leaves_no_trace_but_that_it_was_done(self, browser, amina):
        brook = factories.borrower("Brook")
        master(amina.user, 1)
        master(brook.user, 1)
        code = issue(amina.user).code
        browser.post("/learn/budget/helpful/", {"helpful": "yes", "words": "Clear"})
        assert LessonFeedback.objects.get().user == amina.user

        assert browser.get("/learn/progress/erase/").status_code == 200
        assert LessonProgress.objects.filter(user=amina.user).exists() is True
        browser.post("/learn/progress/erase/")

        assert LessonProgress.objects.filter(user=amina.user).exists() is False
        assert QuizAnswer.objects.exclude(progress__user=brook.user).exists() is False
        assert Repeat.objects.exclude(progress__user=brook.user).exists() is False
        assert LessonFeedback.objects.exists() is False
        assert public_certificate(code) is None
        assert LessonProgress.objects.filter(user=brook.user).count() == 5
        assert AuditRecord.objects.get(action="education.erased").data == {}
