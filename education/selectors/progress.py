from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count

from education.models import LessonProgress, QuizAnswer


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one reader is with one lesson. :param answered: questions that they have answered at least once."""

    answered: int
    is_mastered: bool


def latest_answers(*, user_id: int, lesson: str) -> dict[str, QuizAnswer]:
    """Return a person's latest answer to each question of a lesson, by question; empty when there is none."""
    answers = (
        QuizAnswer.objects.filter(progress__user_id=user_id, progress__lesson=lesson)
        .order_by("question", "-id")
        .distinct("question")
    )
    return {answer.question: answer for answer in answers}


def progress_by_lesson(*, user_id: int) -> Mapping[str, Progress]:
    """Return how far this person is with each lesson that they have begun."""
    rows = LessonProgress.objects.filter(user_id=user_id).annotate(answered=Count("answers__question", distinct=True))
    return {row.lesson: Progress(row.answered, row.mastered_at is not None) for row in rows}


def mastered_lessons(*, user_id: int) -> Collection[str]:
    """Return the slugs of the lessons whose questions this person has all answered rightly."""
    rows = LessonProgress.objects.filter(user_id=user_id, mastered_at__isnull=False)
    return frozenset(rows.values_list("lesson", flat=True))
