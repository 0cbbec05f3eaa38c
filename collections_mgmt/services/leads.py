"""What people and offers do with early warnings: not now, a cause, offered, left alone to compare."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import STEER_LEADS, HardshipRequest, WarningLead
from dashu.approvals.authority import NotAuthorized
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import User

LONGEST_REASON = 500
State = WarningLead.State


class LeadClosed(DomainError):
    """The early warning was closed or taken up meanwhile."""

    code = "lead_closed"
    http_status = 409


class LeadReasonMissing(DomainError):
    """Whoever puts somebody off says why, in at most 500 characters."""

    code = "lead_reason_missing"


@transaction.atomic
def put_off_lead(*, lead_id: int, reason: str, today: date, user: User) -> WarningLead:
    """
    Close a lead for now: nothing is offered for the days of the rule, unless something strong is new.

    :raises NotAuthorized: the person may not.
    :raises LeadClosed: it is closed, or was offered help already.
    :raises LeadReasonMissing: no reason is given, or too long a one.
    """
    _refuse_others(user)
    lead = _locked(lead_id, State.OPEN)
    reason = reason.replace("\0", "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise LeadReasonMissing(
            _("Say why, in at most %(longest)s characters."), field="reason", params={"longest": LONGEST_REASON}
        )
    lead.state, lead.ending, lead.closed_on = State.CLOSED, WarningLead.Ending.NOT_NOW, max(today, lead.opened_on)
    lead.quiet_until = today + timedelta(days=policy.early_warning(today).quiet_days)
    lead.reason, lead.closed_by = reason, user
    lead.save(update_fields=["state", "ending", "closed_on", "quiet_until", "reason", "closed_by"])
    _witness("lead_put_off", lead, actor_of_user(user))
    return lead


@transaction.atomic
def note_lead_cause(*, lead_id: int, cause: str, user: User) -> WarningLead:
    """
    Note in the borrower's own kind of words what it came from; later words replace earlier ones.

    :raises NotAuthorized: the person may not.
    :raises LeadClosed: there is no such lead.
    """
    _refuse_others(user)
    lead = _locked(lead_id, *State)
    lead.cause = HardshipRequest.Cause(cause)
    lead.save(update_fields=["cause"])
    _witness("lead_cause_noted", lead, actor_of_user(user), cause=lead.cause)
    return lead


@transaction.atomic
def offer_to_lead(*, lead_id: int, on: date, actor: str) -> WarningLead:
    """
    Say that help was offered to the borrower of a lead. Said again, nothing changes.

    :raises LeadClosed: it is closed, or in the comparison group.
    """
    return _taken_up(lead_id, State.OFFERED, "offered_on", on, actor)


@transaction.atomic
def offer_to_leads_of(*, borrower_id: int, on: date, actor: str) -> None:
    """Say of whatever early warning of a borrower waits that help was offered, by whichever way."""
    for lead_id in WarningLead.objects.filter(borrower=borrower_id, state=State.OPEN).values_list("pk", flat=True):
        offer_to_lead(lead_id=lead_id, on=on, actor=actor)


@transaction.atomic
def hold_out_lead(*, lead_id: int, on: date, actor: str) -> WarningLead:
    """
    Say that the borrower of a lead is offered nothing by us, to compare. Help that they ask for is not held out.

    :raises LeadClosed: it is closed, or was offered help.
    """
    return _taken_up(lead_id, State.HELD_OUT, "held_out_on", on, actor)


def _taken_up(lead_id: int, state: str, column: str, on: date, actor: str) -> WarningLead:
    lead = _locked(lead_id, State.OPEN, state)
    if lead.state != state:
        lead.state = state
        setattr(lead, column, on)
        lead.save(update_fields=["state", column])
        _witness(f"lead_{state.lower()}", lead, actor)
    return lead


def _locked(lead_id: int, *states: str) -> WarningLead:
    lead = WarningLead.objects.select_for_update(of=("self",)).filter(pk=lead_id, state__in=states).first()
    if lead is None:
        raise LeadClosed(_("This early warning was closed or taken up meanwhile. Look at it again."))
    return lead


def _refuse_others(user: User) -> None:
    if not (user.is_active and user.is_staff and user.has_perm(STEER_LEADS)):
        raise NotAuthorized(_("Your role does not decide on early warnings."))


def _witness(what: str, lead: WarningLead, actor: str, **data: str) -> None:
    audit.record(
        action=f"collections.{what}",
        subject_type="borrower",
        subject_id=lead.borrower_id,
        actor=actor,
        data={"lead": lead.pk, **data},
    )
