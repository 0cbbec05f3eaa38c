from collections.abc import Collection

from education.models import LessonProgress, QuizAnswer


def latest_answers(*, user_id: int, lesson: str) -> dict[str, QuizAnswer]:
    """Return a person's latest answer to each question of a lesson, by question; empty when there is none."""
    answers = (
        QuizAnswer.objects.filter(progress__user_id=user_id, progress__lesson=lesson)
        .order_by("question", "-id")
        .distinct("question")
    )
    return {answer.question: answer for answer in answers}


def mastered_lessons(*, user_id: int) -> Collection[str]:
    """Return the slugs of the lessons whose questions this person has all answered rightly."""
    rows = LessonProgress.objects.filter(user_id=user_id, mastered_at__isnull=False)
    return frozenset(rows.values_list("lesson", flat=True))
