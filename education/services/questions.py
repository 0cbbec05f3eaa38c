"""Questions and options by the names that a reader's browser sends."""

from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from education.domain.lessons import LANGUAGES
from education.domain.quizzes import Option, Question
from education.selectors.published import LessonNotPublished, lesson_of


class UnknownQuestion(DomainError):
    """The lesson, the question or the option does not exist, perhaps no longer."""

    code = "unknown_question"
    http_status = 404


def known_question(lesson: str, question: str, language: str = LANGUAGES[0]) -> Question:
    """
    Return the question in a language.

    :raises UnknownQuestion: the lesson or the question does not exist.
    """
    try:
        found = lesson_of(lesson, language).question(question)
    except LessonNotPublished:
        found = None
    if found is None:
        raise UnknownQuestion(
            _("This question is no longer part of the lesson. Load the lesson again."), field="question"
        )
    return found


def known_option(lesson: str, question: str, option: str) -> Option:
    """
    Return an option of a question.

    :raises UnknownQuestion: there is no such question, or it has no such option.
    """
    chosen = known_question(lesson, question).option(option)
    if chosen is None:
        raise UnknownQuestion(_("This answer does not belong to the question. Load the lesson again."), field="option")
    return chosen
