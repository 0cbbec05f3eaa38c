"""Who wants no lessons pointed out, puts one away, or opened it."""

from datetime import datetime, timedelta

from django.db import transaction

from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.messaging.models import OptOut, OutboxMessage, Purpose
from dashu.messaging.services.opt_out import stop_purpose
from dashu.policy.rules import just_in_time
from dashu.users.models import Borrower
from education.messages import LESSON_FITS
from education.models import LearningMoment, LearningWish


@transaction.atomic
def want_lessons(*, borrower_id: int, wanted: bool, at: datetime, actor: str) -> bool:
    """Note whether somebody wants lessons pointed out; True when this is new. What waits to be sent is cancelled."""
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    mine = LearningWish.objects.filter(pk=borrower_id)
    if wanted == (not mine.exists()):
        return False
    if wanted:
        mine.delete()
    else:
        LearningWish.objects.create(pk=borrower_id, stopped_at=at)
        waiting = OutboxMessage.objects.filter(borrower_id=borrower_id, template=LESSON_FITS)
        waiting.filter(status=OutboxMessage.Status.PENDING).update(status=OutboxMessage.Status.CANCELLED)
    audit.record(
        action="education.lessons_wanted" if wanted else "education.lessons_stopped",
        subject_type="borrower",
        subject_id=borrower_id,
        actor=actor,
    )
    return True


@transaction.atomic
def never_again(*, borrower_id: int, at: datetime, actor: str) -> None:
    """Point out no lesson any more, neither here nor by a message."""
    want_lessons(borrower_id=borrower_id, wanted=False, at=at, actor=actor)
    stop_purpose(borrower_id=borrower_id, purpose=Purpose.LEARNING, source=OptOut.Source.SETTINGS, at=at, actor=actor)


def not_now(*, borrower_id: int, moment_id: int, at: datetime) -> bool:
    """Put a card away for the days of the rule; False where there is no such card of theirs."""
    today = lender_date(at)
    until = today + timedelta(days=just_in_time(today).not_now_days)
    return bool(LearningMoment.objects.filter(pk=moment_id, borrower_id=borrower_id).update(put_away_until=until))


def note_opened(*, user_id: int, lesson: str, at: datetime) -> int:
    """Note that a borrower opened a lesson after a moment, whether it was pointed out to them or not."""
    mine = LearningMoment.objects.filter(borrower__user_id=user_id, lesson=lesson, opened_at=None)
    return mine.update(opened_at=at)
