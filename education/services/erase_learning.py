"""Somebody wants nothing of what they learned to stay here."""

from django.db import transaction

from dashu.audit import services as audit
from dashu.users.models import Borrower
from education.models import LearningCertificate, LearningMoment, LearningWish, LessonFeedback, LessonProgress


@transaction.atomic
def erase_learning(*, user_id: int, actor: str) -> None:
    """
    Delete what this person learned: answers, progress, repeats, certificates, and the moments with what they opened.

    That they want no lessons pointed out stays, because it is a wish and not something learned. The record says that
    it was done, not what there was.
    """
    LessonProgress.objects.filter(user_id=user_id).delete()
    LearningCertificate.objects.filter(user_id=user_id).delete()
    LessonFeedback.objects.filter(user_id=user_id).delete()
    for borrower in Borrower.objects.filter(user_id=user_id):
        LearningMoment.objects.filter(borrower=borrower).delete()
    audit.record(action="education.erased", subject_type="user", subject_id=user_id, actor=actor, data={})


def forget_borrower(borrower: Borrower) -> None:
    """Delete what is kept here of a borrower whose account is closed for good; the rest goes with the login."""
    LearningMoment.objects.filter(borrower=borrower).delete()
    LearningWish.objects.filter(borrower=borrower).delete()
