"""A question comes again after days, and is answered as it is asked then."""

from datetime import date, datetime

from django.db import transaction

from dashu.kernel.dates import lender_date
from dashu.policy.rules import learning_repeats
from education.domain.repeats import Place, next_place
from education.models import LessonProgress, QuizAnswer, Repeat
from education.services.questions import known_option


def note_answer(progress: LessonProgress, answer: QuizAnswer, *, on: date) -> None:
    """Note when the question of an answer comes again. The caller holds the lock on `progress`."""
    repeat = Repeat.objects.filter(progress=progress, question=answer.question).first()
    _move(repeat or Repeat(progress=progress, question=answer.question), is_right=answer.is_right, on=on)


@transaction.atomic
def answer_repeat(*, user_id: int, lesson: str, question: str, option: str, answered_at: datetime) -> QuizAnswer | None:
    """
    Keep the answer to a question that has come again; None where this person never had it.

    Answering one that is not due, or that was answered just now, returns the latest answer and changes nothing.

    :raises UnknownQuestion: nothing of that name is in the lesson, perhaps no longer.
    """
    chosen, on = known_option(lesson, question, option), lender_date(answered_at)
    progress = LessonProgress.objects.select_for_update().filter(user_id=user_id, lesson=lesson).first()
    repeat = Repeat.objects.filter(progress=progress, question=question).first() if progress else None
    if progress is None or repeat is None:
        return None
    if not _place(repeat).is_due(on):
        return QuizAnswer.objects.filter(progress=progress, question=question).order_by("-pk").first()
    answer = QuizAnswer.objects.create(
        progress=progress, question=question, option=option, is_right=chosen.is_right, answered_at=answered_at
    )
    repeat.repeated_on = on
    _move(repeat, is_right=chosen.is_right, on=on)
    return answer


def _move(repeat: Repeat, *, is_right: bool, on: date) -> None:
    before = None if repeat.pk is None else _place(repeat)
    after = next_place(before, is_right=is_right, on=on, waits=learning_repeats(on).after_days)
    repeat.stage, repeat.due_on = after.stage, after.due_on
    repeat.save()


def _place(repeat: Repeat) -> Place:
    return Place(repeat.stage, repeat.due_on)
