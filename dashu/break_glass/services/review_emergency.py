"""Looking into rights that were taken: by another person, once, with words."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.break_glass.models import EmergencyGrant
from dashu.break_glass.services.take_rights import TAKEN
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import User

REVIEW = "break_glass.review_emergencygrant"
NOT_REVIEWED = "break_glass.not_reviewed"
_A_DAY = timedelta(days=1)


class MayNotReview(DomainError):
    """The person's role does not look into emergencies, or it is their own."""

    code = "may_not_review_emergency"
    http_status = 403


class NotReviewed(DomainError):
    """The emergency cannot be looked into like this."""

    code = "emergency_not_reviewed"


@transaction.atomic
def review_emergency(*, grant_id: int, user: User, is_justified: bool, words: str) -> EmergencyGrant:
    """
    Say what was found; it ends the alerts.

    :raises MayNotReview, NotReviewed: see there.
    """
    grant = EmergencyGrant.objects.select_for_update().filter(pk=grant_id).first()
    if grant is None:
        raise NotReviewed(_("There is no such emergency."))
    if not (user.is_active and user.is_staff and user.has_perm(REVIEW)):
        raise MayNotReview(_("Your role does not look into emergencies."))
    if grant.taker_id == user.pk:
        raise MayNotReview(_("Somebody else has to look into it."))
    if grant.reviewed_at is not None:
        raise NotReviewed(_("It has been looked into already."))
    if EmergencyGrant.objects.running().filter(pk=grant.pk).exists():
        raise NotReviewed(_("It is not over yet."))
    said = words.replace("\0", "").strip()[:1000]
    if not said:
        raise NotReviewed(_("Say what you found."), field="words")

    EmergencyGrant.objects.filter(pk=grant.pk).update(
        reviewer=user, reviewed_at=Now(), is_justified=is_justified, review=said
    )
    grant.refresh_from_db()
    audit.record(
        action="break_glass.reviewed",
        subject_type="emergency",
        subject_id=grant.pk,
        actor=actor_of_user(user),
        data={"is_justified": is_justified, "words": said},
    )
    for kind in (TAKEN, NOT_REVIEWED):
        end_alert(kind, subject=str(grant.pk))
    return grant


def watch_unreviewed() -> int:
    """Raise an alert for each emergency that nobody looked into within a day of its end; return how many there are."""
    late = EmergencyGrant.objects.to_review(over_for=_A_DAY)
    for grant in late:
        raise_alert(NOT_REVIEWED, subject=str(grant.pk), number=grant.pk)
    return len(late)
