"""Which lesson is shown to whom, in place."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from dashu.policy.rules import just_in_time
from dashu.policy.selectors import PolicyRuleMissing
from education.domain.lessons import LANGUAGES, Lesson
from education.models import LearningMoment, LearningWish
from education.selectors.published import lesson_of, published_slugs, shown_now


@dataclass(frozen=True, slots=True)
class LessonCard:
    """A lesson that fits what has just happened. :param moment: a code of `LearningMoment.Moment`."""

    moment_id: int
    moment: str
    lesson: Lesson


def card_for(
    *, user_id: int, today: date, language: str, loan_id: int | None = None, moments: tuple[str, ...] = ()
) -> LessonCard | None:
    """
    Return the card for a page; None where nothing fits, it was put away, read, is over, or is not wanted.

    :param loan_id: of the loan that the page is about; None for a page that is about none of them in particular.
    :param moments: codes that belong on the page; all without it.
    """
    found = _shown(user_id, today)
    if loan_id is not None:
        found = found.filter(loan_id=loan_id)
    if moments:
        found = found.filter(moment__in=moments)
    fitting = list(found.order_by("-noticed_at", "-pk"))
    if not fitting:
        return None
    published = shown_now()
    known = published_slugs(published)
    latest = next((moment for moment in fitting if moment.lesson in known), None)
    if latest is None:
        return None
    return LessonCard(latest.pk, latest.moment, lesson_of(latest.lesson, language or LANGUAGES[0], shown=published))


def wants_lessons(borrower_id: int) -> bool:
    """Whether lessons may be pointed out to a borrower."""
    return not LearningWish.objects.filter(pk=borrower_id).exists()


def _shown(user_id: int, today: date) -> QuerySet[LearningMoment]:
    try:
        days = just_in_time(today).card_days
    except PolicyRuleMissing:
        return LearningMoment.objects.none()
    return LearningMoment.objects.filter(
        Q(put_away_until=None) | Q(put_away_until__lt=today),
        borrower__user_id=user_id,
        is_held_out=False,
        opened_at=None,
        happened_on__gt=today - timedelta(days=days),
    ).exclude(borrower__in=LearningWish.objects.values("pk"))
