"""Lend authority to approve for a time, and end that early."""

from datetime import date

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import Delegation
from dashu.approvals.services.submit import checked_reason
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy.rules import approval_authority
from dashu.users.actors import actor_of_user
from dashu.users.models import User


class InvalidDelegation(DomainError):
    """Authority cannot be lent like this; the field says what to change."""

    code = "invalid_delegation"


class DelegationNotFound(DomainError):
    """There is no such delegation, or the person may not see it."""

    code = "delegation_not_found"
    http_status = 404


@transaction.atomic
def delegate(
    *, from_user_id: int, to_user_id: int, from_on: date, to_on: date, reason: str, user: User, today: date
) -> Delegation:
    """
    Let `to_user` approve what `from_user` may approve, from `from_on` to `to_on`, both included.

    The same again, while it holds, returns the first and changes nothing.

    :raises NotAuthorized: `user` is neither the owner of the authority nor may lend that of others.
    :raises InvalidDelegation: to oneself, to nobody of the staff, of nothing, for days that are over or too many.
    :raises ReasonMissing: no reason.
    """
    owner = User.objects.select_for_update(no_key=True).filter(pk=from_user_id).first()
    needed = "give_delegation" if from_user_id == user.pk else "give_any_delegation"
    if not user.has_perm(f"approvals.{needed}"):
        raise NotAuthorized(_("You may not lend this authority."))
    wanted = {"from_user_id": from_user_id, "to_user_id": to_user_id, "from_on": from_on, "to_on": to_on}
    if earlier := Delegation.objects.filter(**wanted, ended_at=None).first():
        return earlier
    reason = checked_reason(reason)
    _refuse_people(owner, User.objects.filter(pk=to_user_id).first(), today=today)
    _refuse_days(from_on, to_on, today=today)

    made = Delegation.objects.create(**wanted, reason=reason, made_by=user)
    made.refresh_from_db()
    _witness(made, "delegated", by=user)
    return made


@transaction.atomic
def end_delegation(*, delegation_id: int, user: User) -> Delegation:
    """
    End a delegation from now on; again changes nothing. Who was lent the authority may also give it back.

    :raises DelegationNotFound: there is none, or the person has no part in it and may not lend for others.
    """
    delegation = Delegation.objects.select_for_update(no_key=True).filter(pk=delegation_id).first()
    if delegation is None or not Delegation.objects.visible_to(user).filter(pk=delegation_id).exists():
        raise DelegationNotFound(_("There is no such delegation."))
    if delegation.ended_at is None:
        delegation.ended_at = Now()
        delegation.save(update_fields=["ended_at"])
        delegation.refresh_from_db(fields=["ended_at"])
        _witness(delegation, "delegation_ended", by=user)
    return delegation


def _refuse_people(owner: User | None, delegate: User | None, *, today: date) -> None:
    if owner is None or not owner.is_active or not approval_authority(today).approves_anything(owner.role):
        raise InvalidDelegation(_("This person has no authority to lend."), field="from_user")
    if delegate is None or not (delegate.is_active and delegate.is_staff):
        raise InvalidDelegation(_("Authority is lent to a colleague who can sign in."), field="to_user")
    if delegate.pk == owner.pk:
        raise InvalidDelegation(_("Authority is lent to another person."), field="to_user")


def _refuse_days(from_on: date, to_on: date, *, today: date) -> None:
    longest = approval_authority(today).longest_delegation_days
    if from_on < today:
        raise InvalidDelegation(_("It can begin today or later."), field="from_on")
    if to_on < from_on:
        raise InvalidDelegation(_("The last day lies before the first."), field="to_on")
    if (to_on - from_on).days + 1 > longest:
        raise InvalidDelegation(
            _("Authority is lent for at most %(longest)s days."), field="to_on", params={"longest": longest}
        )


def _witness(delegation: Delegation, what: str, *, by: User) -> None:
    audit.record(
        action=f"approvals.{what}",
        subject_type="delegation",
        subject_id=delegation.pk,
        actor=actor_of_user(by),
        data={
            "authority_of": f"user:{delegation.from_user_id}",
            "lent_to": f"user:{delegation.to_user_id}",
            "from_on": delegation.from_on,
            "to_on": delegation.to_on,
            "reason": delegation.reason,
        },
    )
