"""How questions do: only first answers, only to the question as it is now, and shares only where they say something."""

from datetime import timedelta
from decimal import Decimal

import pytest

from dashu.users.models import User
from education.domain.lessons import load_lesson
from education.domain.parts import question_part
from education.models import LessonProgress, QuizAnswer
from education.selectors.items import LEAST_ANSWERS, interval, items_of
from tests.integration.education.editing import NOW, TODAY, asked, begun, editor, saved
from tests.integration.staff.test_file_pages import signed_in

pytestmark = pytest.mark.usefixtures("policy_packs")

QUESTIONS = load_lesson("overdue", "en").questions
CODES = [question.code for question in QUESTIONS]
RIGHT = {question.code: next(o.code for o in question.options if o.is_right) for question in QUESTIONS}
WRONG = {question.code: [o.code for o in question.options if not o.is_right] for question in QUESTIONS}
FIRST, *OTHERS = CODES


def answer(progress: LessonProgress, question: str, option: str, *, at=NOW) -> None:
    is_right = RIGHT[question] == option
    QuizAnswer.objects.create(
        progress=progress, question=question, option=option, is_right=is_right, answered_at=at
    )  # fmt: skip


def reader(number: int) -> LessonProgress:
    user = User.objects.create_user(f"reader{number}@example.com", "secret-word")
    return LessonProgress.objects.create(user=user, lesson="overdue", started_at=NOW)


def answers(count: int, *, knowing: int, at=NOW) -> None:
    """So many people answer everything; the first `knowing` of them rightly, the others nothing of it."""
    for number in range(count):
        progress = reader(number)
        for code in CODES:
            answer(progress, code, RIGHT[code] if number < knowing else WRONG[code][0], at=at)


class TestItems:
    def test_a_question_that_parts_those_who_know_from_the_others(self, db):
        answers(40, knowing=30)

        items = items_of("overdue")

        assert [item.code for item in items] == CODES
        first = items[0]
        assert (first.answers, first.right, first.difficulty) == (40, 30, Decimal("0.750"))
        assert (first.low, first.high) == (Decimal("0.598"), Decimal("0.858"))
        assert first.discrimination == Decimal("1.000")
        assert first.share_of(RIGHT[FIRST]) == Decimal("0.750")
        assert first.share_of(WRONG[FIRST][0]) == Decimal("0.250")
        assert first.share_of(WRONG[FIRST][1]) == Decimal("0.000")

    def test_a_question_that_misleads_those_who_know(self, db):
        for number in range(40):
            progress, knows = reader(number), number < 20
            answer(progress, FIRST, WRONG[FIRST][0] if knows else RIGHT[FIRST])
            for code in OTHERS:
                answer(progress, code, RIGHT[code] if knows else WRONG[code][0])

        assert items_of("overdue")[0].discrimination == Decimal("-1.000")

    def test_discrimination_by_hand(self, db):
        """Rest scores 2, 1, 1, 0 in ten each, right in the first two: r = 0.5 / (0.5 × √0.5) = 0.707."""
        rest = [[True, True], [True, False], [False, True], [False, False]]
        for number in range(40):
            progress, kind = reader(number), number // 10
            answer(progress, FIRST, RIGHT[FIRST] if kind < 2 else WRONG[FIRST][0])
            for code, is_right in zip(OTHERS, [*rest[kind], *[True] * (len(OTHERS) - 2)], strict=True):
                answer(progress, code, RIGHT[code] if is_right else WRONG[code][0])

        assert items_of("overdue")[0].discrimination == Decimal("0.707")

    def test_only_the_first_answer_counts(self, db):
        answers(30, knowing=0)
        for progress in LessonProgress.objects.all():
            answer(progress, FIRST, RIGHT[FIRST])

        assert (items_of("overdue")[0].answers, items_of("overdue")[0].right) == (30, 0)

    def test_too_few_answers_say_nothing(self, db):
        answers(LEAST_ANSWERS - 1, knowing=10)

        first = items_of("overdue")[0]

        assert (first.answers, first.difficulty, first.low, first.discrimination) == (29, None, None, None)
        assert first.share_of(RIGHT[FIRST]) is None

    def test_whoever_left_questions_out_says_nothing_of_the_rest(self, db):
        answers(30, knowing=15)
        for number in range(30, 60):
            answer(reader(number), FIRST, RIGHT[FIRST])

        first = items_of("overdue")[0]

        assert (first.answers, first.right, first.complete) == (60, 45, 30)
        assert first.discrimination == Decimal("1.000")

    def test_answers_to_another_wording_do_not_count(self, db):
        from dashu.approvals.services.decide import approve

        answers(40, knowing=40, at=NOW - timedelta(days=1))
        sun, tala = editor("Sun"), editor("Tala")
        version = begun(sun)
        words = dict.fromkeys(("zh-hans", "zh-hant", "en"), "What then?")
        saved(version, question_part(FIRST), sun, text=words)
        approve(request_id=asked(version, sun).pk, user=tala, today=TODAY)

        changed, kept = items_of("overdue")[:2]

        assert (changed.answers, changed.since is not None) == (0, True)
        assert (kept.answers, kept.since) == (40, None)

    def test_cost_is_the_same_for_few_and_for_many(self, db, django_assert_num_queries):
        with django_assert_num_queries(4):
            items_of("overdue")
        answers(35, knowing=20)

        with django_assert_num_queries(4):
            items_of("overdue")

    def test_page_says_what_it_knows(self):
        answers(31, knowing=20)

        page = signed_in(editor("Sun")).get("/admin/education/lessonversion/questions/overdue/").content.decode()

        assert "64.5%" in page
        assert "1.00" in page
        few = signed_in(editor("Tala")).get("/admin/education/lessonversion/questions/budget/").content.decode()
        assert "too few answers" in few
        unknown = signed_in(editor("Una")).get("/admin/education/lessonversion/questions/nothing/")
        assert unknown.status_code == 404


class TestInterval:
    @pytest.mark.parametrize(
        ("part", "whole", "low", "high"),
        [(30, 40, "0.598", "0.858"), (0, 30, "0.000", "0.114"), (30, 30, "0.886", "1.000")],
    )
    def test_is_that_of_wilson(self, part, whole, low, high):
        assert interval(part, whole) == (Decimal(low), Decimal(high))
