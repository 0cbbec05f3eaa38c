"""That somebody finished the walk of training: the only thing that it leaves behind."""

from datetime import datetime

from django.db import transaction

from collections_mgmt.models import CollectorProfile
from dashu.audit import services as audit
from dashu.users.actors import actor_of_user
from dashu.users.models import User


@transaction.atomic
def finish_training(*, user: User, begun_at: datetime, now: datetime) -> CollectorProfile | None:
    """
    Note at the profile that a walk was finished; the same walk again changes nothing.

    :param begun_at: which tells one walk from the next.
    :returns: None for somebody who is no collector; nothing is noted then.
    """
    profile = CollectorProfile.objects.select_for_update(of=("self",), no_key=True).filter(user=user).first()
    if profile is None or (profile.trained_at is not None and profile.trained_at >= begun_at):
        return profile
    profile.trained_at, profile.walks = now, profile.walks + 1
    profile.save(update_fields=["trained_at", "walks"])
    audit.record(
        action="collections.training_finished",
        subject_type="user",
        subject_id=user.pk,
        actor=actor_of_user(user),
        data={"walks": profile.walks},
    )
    return profile
