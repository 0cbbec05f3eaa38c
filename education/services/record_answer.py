from datetime import datetime

from django.db import transaction

from dashu.kernel.dates import lender_date
from education.domain.lessons import LANGUAGES
from education.models import LessonProgress, QuizAnswer
from education.selectors.progress import latest_answers
from education.selectors.published import lesson_of
from education.services.questions import UnknownQuestion, known_option, known_question
from education.services.repeats import note_answer

__all__ = ["UnknownQuestion", "known_question", "record_answer"]


@transaction.atomic
def record_answer(*, user_id: int, lesson: str, question: str, option: str, answered_at: datetime) -> QuizAnswer:
    """
    Keep one person's answer to one question, note when it comes again, and when the lesson is mastered.

    Sending the same answer again returns the first one and changes nothing. A lesson once mastered stays mastered.

    :raises UnknownQuestion: nothing of that name is in the lesson.
    """
    chosen = known_option(lesson, question, option)
    progress, _created = LessonProgress.objects.select_for_update().get_or_create(
        user_id=user_id, lesson=lesson, defaults={"started_at": answered_at}
    )
    earlier = latest_answers(user_id=user_id, lesson=lesson)
    if question in earlier and earlier[question].option == option:
        return earlier[question]

    answer = QuizAnswer.objects.create(
        progress=progress, question=question, option=option, is_right=chosen.is_right, answered_at=answered_at
    )
    note_answer(progress, answer, on=lender_date(answered_at))
    right = {name for name, given in {**earlier, question: answer}.items() if given.is_right}
    if progress.mastered_at is None and right >= {q.code for q in lesson_of(lesson, LANGUAGES[0]).questions}:
        progress.mastered_at = answered_at
        progress.save(update_fields=["mastered_at"])
    return answer
