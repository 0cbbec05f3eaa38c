"""Taking the rights of another role for a short time, and giving them back."""

from datetime import timedelta

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.alerts.services import raise_alert
from dashu.audit import services as audit
from dashu.break_glass.models import LONGEST, EmergencyGrant
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from dashu.users.roles import STAFF_ROLES

TAKE = "break_glass.take_emergencygrant"
TAKEN = "break_glass.taken"
SHORTEST_REASON = 20  # characters
MOST_A_DAY = 3


class MayTakeNoRights(DomainError):
    """The person's role takes no rights in an emergency."""

    code = "may_take_no_rights"
    http_status = 403


class RightsNotTaken(DomainError):
    """The rights cannot be taken like this; `field` says what is wrong."""

    code = "rights_not_taken"


@transaction.atomic
def take_rights(*, user: User, role: str, minutes: int, reason: str, incident: str = "") -> EmergencyGrant:
    """
    Let a member of staff have the rights of a role for some minutes; tell all who lead at once.

    :param minutes: 1 to 60, by the database's clock.
    :raises MayTakeNoRights, RightsNotTaken: see there.
    """
    person = User.objects.select_for_update().get(pk=user.pk)
    if not (person.is_active and person.is_staff and person.has_perm(TAKE)):
        raise MayTakeNoRights(_("Your role takes no rights in an emergency. Call somebody who leads."))
    _refuse_what_is_not_needed(person, role)
    words = reason.replace("\0", "").strip()
    if len(words) < SHORTEST_REASON:
        raise RightsNotTaken(
            _("Say what has happened and what you will do, in at least %(least)s characters."),
            field="reason",
            params={"least": SHORTEST_REASON},
        )
    if not 1 <= minutes <= LONGEST.total_seconds() // 60:
        raise RightsNotTaken(_("Rights are taken for 1 to 60 minutes."), field="minutes")
    mine = EmergencyGrant.objects.filter(taker=person)
    if mine.running().exists():
        raise RightsNotTaken(_("You have taken rights already. Give those back first."), field="role")
    if mine.filter(taken_at__gt=Now() - timedelta(days=1)).count() >= MOST_A_DAY:
        raise RightsNotTaken(
            _("Rights are taken at most %(most)s times in 24 hours. Call somebody who has them."),
            params={"most": MOST_A_DAY},
        )

    grant = EmergencyGrant.objects.create(
        taker=person,
        role=role,
        reason=words[:500],
        incident=incident.replace("\0", "").strip()[:40],
        ends_at=Now() + timedelta(minutes=minutes),
    )
    grant.refresh_from_db()
    actor = actor_of_user(person)
    audit.record(
        action="break_glass.rights_taken",
        subject_type="emergency",
        subject_id=grant.pk,
        actor=actor,
        data={"role": role, "minutes": minutes, "reason": grant.reason, "incident": grant.incident},
    )
    raise_alert(TAKEN, subject=str(grant.pk), actor=actor, role=role, minutes=minutes)
    events.publish("break_glass.rights_taken", grant_id=grant.pk)
    return grant


@transaction.atomic
def give_rights_back(*, grant_id: int, user: User) -> EmergencyGrant:
    """
    End one's own emergency now; one that is over stays as it is.

    :raises RightsNotTaken: it is nobody's, or another's.
    """
    grant = EmergencyGrant.objects.select_for_update().filter(pk=grant_id, taker=user).first()
    if grant is None:
        raise RightsNotTaken(_("You have taken no such rights."))
    if EmergencyGrant.objects.running().filter(pk=grant.pk).update(given_back_at=Now()):
        audit.record(
            action="break_glass.rights_given_back",
            subject_type="emergency",
            subject_id=grant.pk,
            actor=actor_of_user(user),
        )
    grant.refresh_from_db()
    return grant


def _refuse_what_is_not_needed(person: User, role: str) -> None:
    if role not in STAFF_ROLES:
        raise RightsNotTaken(_("Choose a role of staff."), field="role")
    lacks = Permission.objects.filter(group__name=role).exclude(group__name=person.role).exists()
    if person.is_superuser or role == person.role or not lacks:
        raise RightsNotTaken(_("You have the rights of this role anyway."), field="role")
