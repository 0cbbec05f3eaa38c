"""Write a note into the file of an application, for colleagues only."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.models import ApplicationEvent
from loans.selectors.desk import is_own
from loans.services.application_rows import Kind, lock_application
from loans.services.hold_application import REVIEW, OwnApplication, checked_words, refuse_without


@transaction.atomic
def note_on_application(*, application_id: int, words: str, user: User, now: datetime) -> ApplicationEvent:
    """
    Keep a note, whatever state the application is in. The same words as one's latest note are not kept twice.

    :raises MayNotReview, OwnApplication, WordsMissing: see there.
    """
    application = lock_application(application_id)
    refuse_without(user, REVIEW)
    if is_own(application, user):
        raise OwnApplication(_("This is your own application. Others write into its file."))
    said, actor = checked_words(words), actor_of_user(user)
    latest = application.events.filter(kind=Kind.NOTE, actor=actor).last()
    if latest and latest.data == {"words": said}:
        return latest
    kept: ApplicationEvent = application.events.create(
        kind=Kind.NOTE, at=now, actor=actor, is_internal=True, data={"words": said}
    )
    # The words may name people, and the audit log is read by others: it has the fact only.
    audit.record(
        action="loans.application_note",
        subject_type="application",
        subject_id=application.reference,
        actor=actor,
        data={"event": kept.pk},
    )
    return kept
