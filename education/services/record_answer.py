from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from education.domain.lessons import LANGUAGES, Question, load_lesson, slugs
from education.models import LessonProgress, QuizAnswer
from education.selectors.progress import latest_answers


class UnknownQuestion(DomainError):
    """The lesson, the question or the option does not exist, perhaps no longer."""

    code = "unknown_question"
    http_status = 404


@transaction.atomic
def record_answer(*, user_id: int, lesson: str, question: str, option: str, answered_at: datetime) -> QuizAnswer:
    """
    Keep one person's answer to one question, and note when the lesson is mastered.

    Sending the same answer again returns the first one and changes nothing. A lesson once mastered stays mastered.

    :raises UnknownQuestion: nothing of that name is in the lesson.
    """
    asked = known_question(lesson, question)
    chosen = asked.option(option)
    if chosen is None:
        raise UnknownQuestion(_("This answer does not belong to the question. Load the lesson again."), field="option")
    progress, _created = LessonProgress.objects.select_for_update().get_or_create(
        user_id=user_id, lesson=lesson, defaults={"started_at": answered_at}
    )
    earlier = latest_answers(user_id=user_id, lesson=lesson)
    if question in earlier and earlier[question].option == option:
        return earlier[question]

    answer = QuizAnswer.objects.create(
        progress=progress, question=question, option=option, is_right=chosen.is_right, answered_at=answered_at
    )
    right = {name for name, given in {**earlier, question: answer}.items() if given.is_right}
    if progress.mastered_at is None and right >= {q.code for q in load_lesson(lesson, LANGUAGES[0]).questions}:
        progress.mastered_at = answered_at
        progress.save(update_fields=["mastered_at"])
    return answer


def known_question(lesson: str, question: str, language: str = LANGUAGES[0]) -> Question:
    """
    Return the question in a language.

    :raises UnknownQuestion: the lesson or the question does not exist.
    """
    found = load_lesson(lesson, language).question(question) if lesson in slugs() else None
    if found is None:
        raise UnknownQuestion(
            _("This question is no longer part of the lesson. Load the lesson again."), field="question"
        )
    return found
