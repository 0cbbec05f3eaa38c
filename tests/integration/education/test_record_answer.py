from datetime import timedelta

import pytest

from dashu.kernel.dates import lender_now
from dashu.users.models import User
from education.domain.lessons import load_lesson
from education.models import LessonProgress, QuizAnswer
from education.selectors.progress import latest_answers, mastered_lessons
from education.services.record_answer import UnknownQuestion, record_answer

pytestmark = pytest.mark.django_db

NOON = lender_now().replace(hour=12)


@pytest.fixture
def amina():
    return User.objects.create_user("amina@example.com", "secret-word")


def answer(user, question="cost-of-30-days", option="thirty-days", lesson="overdue", at=NOON):
    return record_answer(user_id=user.pk, lesson=lesson, question=question, option=option, answered_at=at)


class TestRecordAnswer:
    def test_keeps_what_was_answered_and_whether_it_was_right(self, amina):
        wrong = answer(amina, option="nothing")
        right = answer(amina, at=NOON + timedelta(minutes=1))

        assert (wrong.is_right, right.is_right) == (False, True)
        assert list(QuizAnswer.objects.order_by("id").values_list("option", flat=True)) == ["nothing", "thirty-days"]
        assert latest_answers(user_id=amina.pk, lesson="overdue") == {"cost-of-30-days": right}

    def test_the_same_answer_sent_twice_is_one_answer(self, amina):
        assert answer(amina) == answer(amina)
        assert QuizAnswer.objects.count() == 1

    def test_a_lesson_is_mastered_when_every_question_is_right_and_stays_so(self, amina):
        for question in load_lesson("overdue", "en").questions:
            assert mastered_lessons(user_id=amina.pk) == frozenset()
            answer(amina, question.code, next(o.code for o in question.options if o.is_right))
        answer(amina, option="nothing", at=NOON + timedelta(days=3))

        assert mastered_lessons(user_id=amina.pk) == {"overdue"}
        assert LessonProgress.objects.get().mastered_at == NOON

    def test_one_persons_answers_are_not_anothers(self, amina):
        answer(amina)

        brook = User.objects.create_user("brook@example.com", "secret-word")

        assert latest_answers(user_id=brook.pk, lesson="overdue") == {}

    @pytest.mark.parametrize(
        ("lesson", "question", "option"),
        [
            ("nothing", "cost-of-30-days", "thirty-days"),
            ("overdue", "nothing", "thirty-days"),
            ("overdue", "cost-of-30-days", "half"),
        ],
    )
    def test_refuses_what_is_not_in_the_lesson_and_leaves_no_trace(self, amina, lesson, question, option):
        with pytest.raises(UnknownQuestion):
            answer(amina, question, option, lesson)

        assert LessonProgress.objects.exists() is False
        assert QuizAnswer.objects.exists() is False
