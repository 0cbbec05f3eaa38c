from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from education.models import LessonFeedback
from education.models.feedback import MOST_WORDS
from education.selectors.published import published_slugs


class UnknownLesson(DomainError):
    """There is no such lesson, perhaps no longer."""

    code = "unknown_lesson"
    http_status = 404


class TooManyWords(DomainError):
    code = "too_many_words"


@transaction.atomic
def say_helpful(
    *, lesson: str, language: str, user_id: int | None, visitor: str, is_helpful: bool, words: str, said_at: datetime
) -> LessonFeedback:
    """
    Keep whether a lesson helped its reader; saying it again replaces what was said.

    :param user_id: None for a visitor, whose visit `visitor` then names.
    :raises UnknownLesson: there is none of that name.
    :raises TooManyWords: more than `MOST_WORDS` characters.
    """
    if lesson not in published_slugs():
        raise UnknownLesson(_("There is no such lesson."), field="lesson")
    words = words.strip()
    if len(words) > MOST_WORDS:
        raise TooManyWords(_("Please use at most %(most)s characters."), field="words", params={"most": MOST_WORDS})
    reader = {"user_id": user_id, "visitor": ""} if user_id else {"user_id": None, "visitor": visitor}
    said = {"language": language, "is_helpful": is_helpful, "words": words, "said_at": said_at}
    feedback, _created = LessonFeedback.objects.update_or_create(lesson=lesson, **reader, defaults=said)
    return feedback
