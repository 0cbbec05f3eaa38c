"""Feedback of who was there: once, and without a name from the start."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError, InvalidInput
from education.models import WorkshopFeedback
from education.models.workshops import FEEDBACK_DAYS
from education.services.workshops.rows import lock_registration

PARTS = ("useful", "clear", "place")
LONGEST_WORDS = 1000


class FeedbackClosed(DomainError):
    """Only who was there can say how it was, once, and for some weeks."""

    code = "workshop_feedback_closed"
    http_status = 409


@transaction.atomic
def give_feedback(*, registration_id: int, ratings: Mapping[str, int], words: str, now: datetime) -> None:
    """
    Keep what somebody thought, apart from who they are.

    :param ratings: 1 to 5 for each of `PARTS`.
    :raises RegistrationNotFound, FeedbackClosed, InvalidInput: see there.
    """
    workshop, registration = lock_registration(registration_id)
    if registration.gave_feedback:
        raise FeedbackClosed(_("You have said how it was. Thank you."))
    if registration.checked_in_at is None or not (
        workshop.starts_at <= now <= workshop.ends_at + timedelta(days=FEEDBACK_DAYS)
    ):
        raise FeedbackClosed(_("Feedback is for those who were there, from the beginning on and for 30 days."))
    for part in PARTS:
        if ratings.get(part) not in range(1, 6):
            raise InvalidInput(_("Choose one of the five."), field=part)
    said = words.strip()
    if len(said) > LONGEST_WORDS:
        raise InvalidInput(_("Write at most 1,000 characters."), field="words")
    WorkshopFeedback.objects.create(
        workshop=workshop, shuffled=uuid4(), words=said, **{part: ratings[part] for part in PARTS}
    )
    registration.gave_feedback = True
    registration.save(update_fields=["gave_feedback"])
