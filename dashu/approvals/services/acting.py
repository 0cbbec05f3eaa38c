"""What every decision shares: doing the act in the maker's name, and noting who did what."""

from datetime import date
from typing import Any

from django.db import transaction

from dashu.approvals.acts import act_kind
from dashu.approvals.models import ApprovalRequest
from dashu.audit import services as audit
from dashu.users.actors import actor_of_user
from dashu.users.models import User

SYSTEM = "system:approvals"


def perform(request: ApprovalRequest, *, today: date) -> dict[str, Any]:
    """
    Do the act in the maker's name and return its result.

    :raises DomainError: it cannot be done; nothing of it is left, and the caller's transaction is still usable.
    """
    act = act_kind(request.kind)
    with transaction.atomic():
        return act.perform(dict(request.payload), actor=actor_of_user(request.maker), today=today)


def witness(request: ApprovalRequest, what: str, *, by: User | None) -> None:
    """Add a line to the audit log: `what` happened to the request, by a person or by the clock."""
    data: dict[str, Any] = {
        "kind": request.kind,
        "subject": f"{request.subject_type} {request.subject_id}",
        "loan_id": request.loan_id,
        "amount_minor": request.amount_minor,
        "currency": request.currency,
        "reason": request.reason,
        "asked_by": actor_of_user(request.maker),
    }
    if request.checker:
        data["approved_by" if request.status != request.Status.DECLINED else "declined_by"] = actor_of_user(
            request.checker
        )
    if request.on_behalf_of:
        data["on_behalf_of"] = actor_of_user(request.on_behalf_of)
    if request.decision_note:
        data["note"] = request.decision_note
    if request.result:
        data["result"] = request.result
    audit.record(
        action=f"approvals.{what}",
        subject_type="approval",
        subject_id=request.pk,
        actor=actor_of_user(by) if by else SYSTEM,
        data=data,
    )
