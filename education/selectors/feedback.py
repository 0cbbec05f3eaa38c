from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q

from dashu.users.models import Viewer
from education.models import LessonFeedback


@dataclass(frozen=True, slots=True)
class Helpfulness:
    """How many readers said of a lesson that it helped, that it did not, and why."""

    lesson: str
    yes: int
    no: int
    with_words: int


def feedback_of(user: Viewer, visitor: str, *, lesson: str) -> LessonFeedback | None:
    """Return what this reader said of a lesson. :param visitor: names a visit; "" where none began."""
    if user.is_authenticated:
        return LessonFeedback.objects.filter(user=user.pk, lesson=lesson).first()
    return LessonFeedback.objects.filter(user=None, visitor=visitor, lesson=lesson).first() if visitor else None


def helpfulness() -> Collection[Helpfulness]:
    """Return the counts of each lesson on which anything was said, by slug."""
    rows = LessonFeedback.objects.order_by("lesson").values("lesson")
    counted = rows.annotate(
        yes=Count("pk", filter=Q(is_helpful=True)),
        no=Count("pk", filter=Q(is_helpful=False)),
        with_words=Count("pk", filter=~Q(words="")),
    )
    return [Helpfulness(**row) for row in counted]
