"""What comes again today, and how far somebody is with each skill."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from dashu.policy.learning import Repeats
from dashu.policy.rules import learning_repeats
from education.domain.lessons import LANGUAGES, Lesson
from education.domain.quizzes import Question, Variant
from education.domain.repeats import Standing, standings
from education.models import Repeat
from education.selectors.published import lessons_in


@dataclass(frozen=True, slots=True)
class DueQuestion:
    """:param variant: the way in which it is asked this time; another one than last time where there are several."""

    lesson: Lesson
    question: Question
    variant: Variant


@dataclass(frozen=True, slots=True)
class Skill:
    """:param lesson: the slug of the first that teaches it."""

    code: str
    standing: Standing
    lesson: str

    @property
    def is_mastered(self) -> bool:
        return self.standing is Standing.MASTERED


@dataclass(frozen=True, slots=True)
class Level:
    """:param lessons: the slugs of its lessons."""

    number: int
    lessons: tuple[str, ...]
    skills: tuple[Skill, ...]

    @property
    def mastered(self) -> int:
        return sum(skill.is_mastered for skill in self.skills)

    @property
    def is_mastered(self) -> bool:
        return bool(self.skills) and self.mastered == len(self.skills)


def todays_questions(
    *, user_id: int, today: date, rules: Repeats, language: str, lessons: Iterable[Lesson] | None = None
) -> list[DueQuestion]:
    """
    Return the questions of today, the longest due first; empty when there are none, or when the day's are done.

    A question that is no longer part of a lesson is left out.

    :param lessons: what `lessons_in` returned, where the page has it already.
    """
    mine = Repeat.objects.filter(progress__user_id=user_id)
    left = rules.questions_a_day - mine.filter(repeated_on=today).count()
    if left <= 0:
        return []
    known = {lesson.slug: lesson for lesson in (lessons_in(language) if lessons is None else lessons)}
    due = mine.filter(due_on__lte=today, progress__lesson__in=known).select_related("progress")
    found: list[DueQuestion] = []
    for repeat in due.order_by("due_on", "pk"):
        if len(found) == left:
            break
        lesson = known[repeat.progress.lesson]
        if question := lesson.question(repeat.question):
            found.append(DueQuestion(lesson, question, variant_of(question, repeat.stage)))
    return found


def count_today(*, user_id: int, today: date, language: str, lessons: Iterable[Lesson]) -> int:
    """Return how many questions come again today, by the rule of the day."""
    rules = learning_repeats(today)
    return len(todays_questions(user_id=user_id, today=today, rules=rules, language=language, lessons=lessons))


def variant_of(question: Question, stage: int) -> Variant:
    """Return the way in which a question is asked at a stage: another one each time, as far as there are several."""
    ways = question.repeats or question.variants
    return ways[stage % len(ways)]


def next_day(*, user_id: int) -> date | None:
    """Return the earliest day on which anything comes again, today and before included; None when nothing does."""
    mine = Repeat.objects.filter(progress__user_id=user_id, due_on__isnull=False)
    return mine.order_by("due_on").values_list("due_on", flat=True).first()


def levels_of(*, user_id: int, rules: Repeats) -> list[Level]:
    """
    Return the levels in their order, each with its lessons and how far this person is with each skill they teach.

    A skill that is taught at two levels counts at each for itself, by the questions of its lessons.
    """
    stages = _stages(user_id)
    by_level: dict[int, list[Lesson]] = {}
    for lesson in lessons_in(LANGUAGES[0]):
        by_level.setdefault(lesson.level, []).append(lesson)
    return [
        Level(number, tuple(lesson.slug for lesson in lessons), tuple(_skills(lessons, stages, rules)))
        for number, lessons in sorted(by_level.items())
    ]


def _skills(lessons: Iterable[Lesson], stages: Mapping[str, int], rules: Repeats) -> Iterator[Skill]:
    """The skills that questions of these lessons ask for, in the order of the lessons."""
    asked: dict[str, list[str]] = {}
    taught: dict[str, str] = {}
    for lesson in lessons:
        for question in lesson.questions:
            asked.setdefault(question.skill, []).append(f"{lesson.slug}/{question.code}")
            taught.setdefault(question.skill, lesson.slug)
    for code, standing in standings(asked, stages, mastered_after=rules.mastered_after).items():
        yield Skill(code, standing, taught[code])


def _stages(user_id: int) -> Mapping[str, int]:
    rows = Repeat.objects.filter(progress__user_id=user_id)
    return {
        f"{lesson}/{question}": stage
        for lesson, question, stage in rows.values_list("progress__lesson", "question", "stage")
    }
