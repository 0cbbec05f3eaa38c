"""
Approve, decline or withdraw a request.

Two people may decide at the same moment: the row's lock lets one of them do it and tells the other that it is done.
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.approvals.authority import NotAuthorized, Power, power_over
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.previews import fingerprint
from dashu.approvals.services.acting import perform, witness
from dashu.approvals.services.submit import LONGEST_REASON, ReasonMissing
from dashu.kernel.errors import DomainError
from dashu.users.models import User

Status = ApprovalRequest.Status


class RequestNotFound(DomainError):
    """There is no such request, or the person may not see it."""

    code = "request_not_found"
    http_status = 404


class OwnRequest(DomainError):
    """Nobody decides what they asked for, by whatever authority."""

    code = "own_request"
    http_status = 403


class AlreadyDecided(DomainError):
    """The request is no longer waiting."""

    code = "already_decided"
    http_status = 409


class RequestExpired(DomainError):
    """The days in which it could be decided are over."""

    code = "expired"
    http_status = 409


class RequestChanged(DomainError):
    """What the act would do is no longer what the person saw."""

    code = "request_changed"
    http_status = 409


@transaction.atomic
def approve(*, request_id: int, user: User, today: date, note: str = "", seen: str | None = None) -> ApprovalRequest:
    """
    Do the act and return the request: APPROVED, or FAILED when the act refused, with the refusal as its result.

    The same approval again, by the same person, returns what the first one came to and changes nothing.

    :param seen: the `fingerprint` of what the person looked at; a different one by now is refused.
    :raises RequestNotFound: there is no such request.
    :raises OwnRequest: the person asked for it.
    :raises AlreadyDecided: it is no longer waiting.
    :raises RequestExpired: its days are over.
    :raises NotAuthorized: it is above the person's own and lent authority.
    :raises RequestChanged: see `seen`.
    :raises DomainError: a refusal that heals by itself (a status from 500 up); the request keeps waiting.
    """
    request = _locked(request_id)
    if request.status in (Status.APPROVED, Status.FAILED) and request.checker_id == user.pk:
        return request
    power = _power_to_decide(request, user, today)
    if seen is not None and seen != fingerprint(request, today=today):
        raise RequestChanged(_("What this would change is no longer what you saw. Look at it again and decide."))
    note = _checked_note(note)
    try:
        outcome, result = Status.APPROVED, perform(request, today=today)
    except DomainError as error:
        if error.http_status >= 500:
            raise
        outcome, result = Status.FAILED, error.as_json()
    request.close(outcome, checker=user, on_behalf_of=power.lent_by, note=note, result=result)
    witness(request, "approved" if outcome == Status.APPROVED else "failed", by=user)
    return request


@transaction.atomic
def decline(*, request_id: int, user: User, today: date, note: str) -> ApprovalRequest:
    """
    Say no, and why; the same again by the same person changes nothing.

    :raises ReasonMissing: no note. For the others see `approve`.
    """
    request = _locked(request_id)
    if request.status == Status.DECLINED and request.checker_id == user.pk:
        return request
    power = _power_to_decide(request, user, today)
    if not note.strip():
        raise ReasonMissing(_("Say why you decline, so that the person who asked can act on it."), field="note")
    request.close(Status.DECLINED, checker=user, on_behalf_of=power.lent_by, note=_checked_note(note))
    witness(request, "declined", by=user)
    return request


@transaction.atomic
def withdraw(*, request_id: int, user: User) -> ApprovalRequest:
    """
    Take back what one asked for; again changes nothing.

    :raises NotAuthorized: somebody else asked for it.
    :raises AlreadyDecided: it is no longer waiting.
    """
    request = _locked(request_id)
    if request.maker_id != user.pk:
        raise NotAuthorized(_("Only the person who asked can withdraw this."))
    if request.status == Status.WITHDRAWN:
        return request
    _refuse_decided(request)
    request.close(Status.WITHDRAWN)
    witness(request, "withdrawn", by=user)
    return request


def _locked(request_id: int) -> ApprovalRequest:
    found = ApprovalRequest.objects.select_for_update(of=("self",), no_key=True).select_related("maker")
    request = found.filter(pk=request_id).first()
    if request is None:
        raise RequestNotFound(_("There is no such request."))
    return request


def _power_to_decide(request: ApprovalRequest, user: User, today: date) -> Power:
    if request.maker_id == user.pk:
        raise OwnRequest(_("You asked for this yourself. Another person has to decide."))
    _refuse_decided(request)
    if request.is_expired_on(today):
        raise RequestExpired(_("This request has expired. It can be asked for again."))
    power = power_over(request, user, on=today)
    if power is None:
        raise NotAuthorized(_("This is above what you may decide."))
    return power


def _refuse_decided(request: ApprovalRequest) -> None:
    if request.status == Status.EXPIRED:
        raise RequestExpired(_("This request has expired. It can be asked for again."))
    if request.status != Status.PENDING:
        raise AlreadyDecided(
            _("This request is no longer waiting: %(status)s."), params={"status": request.get_status_display()}
        )


def _checked_note(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_REASON:
        raise ReasonMissing(
            _("Say it in at most %(longest)s characters."), field="note", params={"longest": LONGEST_REASON}
        )
    return note
