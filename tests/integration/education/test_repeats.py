"""Questions that come again after days, and what they say of skills."""

from datetime import timedelta

import pytest

from dashu.kernel.dates import lender_date, lender_now
from dashu.policy.rules import learning_repeats
from dashu.users.models import User
from education.domain.lessons import load_lesson, slugs
from education.domain.repeats import Standing
from education.models import LessonProgress, QuizAnswer, Repeat
from education.selectors.repeats import levels_of, next_day, todays_questions
from education.services.questions import UnknownQuestion
from education.services.record_answer import record_answer
from education.services.repeats import answer_repeat

pytestmark = pytest.mark.django_db

NOON = lender_now().replace(hour=12)
TODAY = lender_date(NOON)


@pytest.fixture
def amina(rules):
    return User.objects.create_user("amina@example.com", "secret-word")


def right(lesson: str, question: str) -> str:
    return next(option.code for option in load_lesson(lesson, "en").question(question).options if option.is_right)


def wrong(lesson: str, question: str) -> str:
    return next(option.code for option in load_lesson(lesson, "en").question(question).options if not option.is_right)


def answer(user, question="cost-of-30-days", *, lesson="overdue", days=0, is_right=True):
    option = right(lesson, question) if is_right else wrong(lesson, question)
    return record_answer(
        user_id=user.pk, lesson=lesson, question=question, option=option, answered_at=NOON + timedelta(days=days)
    )


def again(user, question="cost-of-30-days", *, lesson="overdue", days=0, is_right=True):
    option = right(lesson, question) if is_right else wrong(lesson, question)
    return answer_repeat(
        user_id=user.pk, lesson=lesson, question=question, option=option, answered_at=NOON + timedelta(days=days)
    )


def due(user, days=0):
    today = TODAY + timedelta(days=days)
    found = todays_questions(user_id=user.pk, today=today, rules=learning_repeats(today), language="en")
    return [each.question.code for each in found]


class TestWhatComesAgain:
    def test_a_right_answer_comes_after_3_10_and_30_days(self, amina):
        answer(amina)
        assert (due(amina, 2), due(amina, 3)) == ([], ["cost-of-30-days"])

        again(amina, days=3)
        assert (due(amina, 12), due(amina, 13)) == ([], ["cost-of-30-days"])

        again(amina, days=13)
        again(amina, days=43)
        assert Repeat.objects.get().due_on is None
        assert next_day(user_id=amina.pk) is None

    def test_a_wrong_answer_comes_the_next_day_also_when_it_was_put_right_at_once(self, amina):
        answer(amina, is_right=False)
        answer(amina)

        assert due(amina, 1) == ["cost-of-30-days"]
        assert next_day(user_id=amina.pk) == TODAY + timedelta(days=1)

    def test_two_a_day_the_longest_due_first(self, amina):
        for day, question in enumerate(("part-payment", "late-call", "when-to-speak")):
            answer(amina, question, days=day)

        assert due(amina, 9) == ["part-payment", "late-call"]
        again(amina, "part-payment", days=9)
        assert due(amina, 9) == ["late-call"]
        again(amina, "late-call", days=9)
        assert (due(amina, 9), due(amina, 10)) == ([], ["when-to-speak"])

    def test_the_same_answer_as_before_is_a_new_one_when_it_is_due_and_once(self, amina):
        answer(amina)
        first = again(amina, days=3)

        assert again(amina, days=3, is_right=False) == first
        assert QuizAnswer.objects.count() == 2
        assert Repeat.objects.get().stage == 2

    def test_each_time_it_is_asked_in_another_way(self, amina):
        answer(amina)
        rules = learning_repeats(TODAY)

        def asked(days):
            on = TODAY + timedelta(days=days)
            return todays_questions(user_id=amina.pk, today=on, rules=rules, language="en")[0].variant.code

        first = asked(3)
        again(amina, days=3)

        assert {first, asked(13)} == {"first", "again"}

    def test_somebody_elses_questions_are_not_mine(self, amina):
        brook = User.objects.create_user("brook@example.com", "secret-word")
        answer(amina)

        assert due(brook, 3) == []
        assert again(brook, days=3) is None
        assert LessonProgress.objects.count() == 1

    def test_refuses_an_option_that_is_none_and_changes_nothing(self, amina):
        answer(amina)

        with pytest.raises(UnknownQuestion):
            answer_repeat(
                user_id=amina.pk,
                lesson="overdue",
                question="cost-of-30-days",
                option="half",
                answered_at=NOON + timedelta(days=3),
            )

        assert (Repeat.objects.get().stage, QuizAnswer.objects.count()) == (1, 1)

    def test_the_days_questions_cost_the_same_however_many_lessons(self, amina, django_assert_num_queries):
        for slug in slugs():
            for question in load_lesson(slug, "en").questions:
                answer(amina, question.code, lesson=slug)

        with django_assert_num_queries(3):  # with that of which lessons are published
            assert len(due(amina, 30)) == 2


class TestSkills:
    def standing(self, user, code):
        levels = levels_of(user_id=user.pk, rules=learning_repeats(TODAY))
        return {skill.code: skill.standing for level in levels for skill in level.skills}[code]

    def test_are_mastered_when_all_their_questions_of_all_lessons_were_right_again(self, amina):
        asked = [("overdue", "when-to-speak"), ("asking-for-help", "when")]
        assert self.standing(amina, "speak-early") is Standing.OPEN
        for lesson, question in asked:
            answer(amina, question, lesson=lesson)
        assert self.standing(amina, "speak-early") is Standing.LEARNING
        again(amina, asked[0][1], lesson=asked[0][0], days=3)
        assert self.standing(amina, "speak-early") is Standing.LEARNING

        again(amina, asked[1][1], lesson=asked[1][0], days=3)

        assert self.standing(amina, "speak-early") is Standing.MASTERED

    def test_that_are_forgotten_are_learned_again(self, amina):
        answer(amina, "late-call")
        again(amina, "late-call", days=3)
        assert self.standing(amina, "know-rights") is Standing.MASTERED

        again(amina, "late-call", days=13, is_right=False)

        assert self.standing(amina, "know-rights") is Standing.LEARNING

    def test_that_two_levels_teach_count_at_each_for_itself(self, amina):
        for lesson, question in [("money-up-front", "real-price")]:
            answer(amina, question, lesson=lesson)
            again(amina, question, lesson=lesson, days=3)

        basics, months, _hard = levels_of(user_id=amina.pk, rules=learning_repeats(TODAY))
        found = [{skill.code: skill.is_mastered for skill in level.skills} for level in (basics, months)]

        assert [skills["count-all-costs"] for skills in found] == [True, False]
