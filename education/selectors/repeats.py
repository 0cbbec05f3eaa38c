"""What comes again today, and how far somebody is with each skill."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dashu.policy.learning import Repeats
from education.domain.lessons import Lesson
from education.domain.quizzes import Question, Variant
from education.domain.repeats import Standing, standings
from education.models import Repeat
from education.selectors.published import lesson_of, published_slugs


@dataclass(frozen=True, slots=True)
class DueQuestion:
    """:param variant: the way in which it is asked this time; another one than last time where there are several."""

    lesson: Lesson
    question: Question
    variant: Variant


@dataclass(frozen=True, slots=True)
class Skill:
    """:param lessons: the slugs of those that teach it."""

    code: str
    standing: Standing
    lessons: tuple[str, ...]

    @property
    def is_mastered(self) -> bool:
        return self.standing is Standing.MASTERED


def todays_questions(*, user_id: int, today: date, rules: Repeats, language: str) -> list[DueQuestion]:
    """
    Return the questions of today, the longest due first; empty when there are none, or when the day's are done.

    A question that is no longer part of a lesson is left out.
    """
    mine = Repeat.objects.filter(progress__user_id=user_id)
    left = rules.questions_a_day - mine.filter(repeated_on=today).count()
    if left <= 0:
        return []
    known = set(published_slugs())
    due = mine.filter(due_on__lte=today, progress__lesson__in=known).select_related("progress")
    found: list[DueQuestion] = []
    for repeat in due.order_by("due_on", "pk"):
        if len(found) == left:
            break
        lesson = lesson_of(repeat.progress.lesson, language)
        if question := lesson.question(repeat.question):
            found.append(DueQuestion(lesson, question, variant_of(question, repeat.stage)))
    return found


def variant_of(question: Question, stage: int) -> Variant:
    """Return the way in which a question is asked at a stage: another one each time, as far as there are several."""
    ways = question.repeats or question.variants
    return ways[stage % len(ways)]


def next_day(*, user_id: int) -> date | None:
    """Return the earliest day on which anything comes again, today and before included; None when nothing does."""
    mine = Repeat.objects.filter(progress__user_id=user_id, due_on__isnull=False)
    return mine.order_by("due_on").values_list("due_on", flat=True).first()


def skills_of(*, user_id: int, rules: Repeats, language: str) -> list[Skill]:
    """Return every skill in the order in which the lessons teach it, with how far this person is."""
    lessons = [lesson_of(slug, language) for slug in published_slugs()]
    asked: dict[str, list[str]] = {}
    taught: dict[str, list[str]] = {}
    for lesson in lessons:
        for skill in lesson.skills:
            asked.setdefault(skill, [])
            taught.setdefault(skill, []).append(lesson.slug)
        for question in lesson.questions:
            asked.setdefault(question.skill, []).append(f"{lesson.slug}/{question.code}")
    # A skill without a question of its own is taught, not asked for: it cannot be mastered, so it is not shown.
    asked = {skill: questions for skill, questions in asked.items() if questions}
    found = standings(asked, _stages(user_id), mastered_after=rules.mastered_after)
    return [Skill(code, found[code], tuple(taught.get(code, ()))) for code in asked]


def _stages(user_id: int) -> Mapping[str, int]:
    rows = Repeat.objects.filter(progress__user_id=user_id)
    return {
        f"{lesson}/{question}": stage
        for lesson, question, stage in rows.values_list("progress__lesson", "question", "stage")
    }
