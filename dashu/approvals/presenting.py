"""Requests as staff read them: plain values, decided before the template."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import ActKind, UnknownAct, act_kind, line_of_rule
from dashu.approvals.authority import amount_at_stake
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_date
from dashu.kernel.money import Money
from dashu.policy.rules import approval_authority
from dashu.users.roles import STAFF_ROLES

Status = ApprovalRequest.Status
TONES = {
    Status.PENDING: "soon",
    Status.APPROVED: "good",
    Status.DECLINED: "late",
    Status.FAILED: "late",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One request in a list. :param last_day: the last day on which it can be decided."""

    request: ApprovalRequest
    label: str | Promise
    sentence: str
    subject_url: str
    state: str | Promise
    tone: str
    last_day: date


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the inbox. :param more: the query of the complete list, empty when this is all."""

    code: str
    title: str | Promise
    lines: Sequence[Line]
    empty: str | Promise
    note: str | Promise = ""
    more: str = ""


def line_of(request: ApprovalRequest) -> Line:
    act = _act(request)
    return Line(
        request=request,
        label=act.label if act else request.kind,
        sentence=act.describe(request.payload) if act else "",
        subject_url=act.subject_url(request.payload) if act and act.subject_url else "",
        state=state_of(request),
        tone=TONES.get(Status(request.status), "plain"),
        last_day=lender_date(request.expires_at) - timedelta(days=1),
    )


def lines_of(requests: Iterable[ApprovalRequest]) -> list[Line]:
    return [line_of(request) for request in requests]


def state_of(request: ApprovalRequest) -> str | Promise:
    return _("Done within own authority") if request.is_alone else request.get_status_display()


def roles_that_decide(request: ApprovalRequest, *, today: date) -> list[Any]:
    """Return the labels of the roles whose authority reaches the request."""
    return roles_that_approve(request.kind, amount_at_stake(request, on=today), today=today)


def roles_that_approve(kind: str, amount: Money, *, today: date) -> list[Any]:
    """Return the labels of the roles whose authority reaches such an act of this amount."""
    authority, line = approval_authority(today), line_of_rule(kind)
    return [role.label for role in STAFF_ROLES if authority.may_approve(line, role, amount)]


def _act(request: ApprovalRequest) -> ActKind | None:
    try:
        return act_kind(request.kind)
    except UnknownAct:
        return None
