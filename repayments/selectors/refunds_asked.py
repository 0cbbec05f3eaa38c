"""The refunds that were asked for on loans, and what became of them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import midnight
from dashu.users.models import Partner
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.selectors.refunds import REFUNDS

Status = ApprovalRequest.Status


def key_of(partner: Partner, reference: str) -> str:
    """Return the key under which a partner's refund is asked for once. A partner's code has no colon."""
    return f"partner:{partner.code}:{reference}"


def reference_of_partner(asked: ApprovalRequest, partner: Partner) -> str | None:
    """Return the reference that this partner gave its refund, None where somebody else asked."""
    own = key_of(partner, "")
    return asked.idempotency_key.removeprefix(own) if asked.idempotency_key.startswith(own) else None


def refunds_asked(loans: QuerySet[Loan]) -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.filter(kind__in=REFUNDS, loan_id__in=loans.values("pk"))


def of_status(asked: QuerySet[ApprovalRequest], status: str, *, today: date) -> QuerySet[ApprovalRequest]:
    """Return those that have this status; one whose time is over has expired, whether or not the sweep came by."""
    over = Q(status=Status.PENDING, expires_at__lte=midnight(today))
    if status == Status.EXPIRED:
        return asked.filter(Q(status=Status.EXPIRED) | over)
    return asked.filter(status=status).exclude(over)


def status_of(asked: ApprovalRequest, *, today: date) -> str:
    is_over = asked.status == Status.PENDING and asked.is_expired_on(today)
    return Status.EXPIRED.value if is_over else asked.status


def events_of(asked: Iterable[ApprovalRequest]) -> dict[int, LoanEvent]:
    """Return what was booked of each, by its key, with `is_undone`; at most two queries however many there are."""
    event_ids = {one.pk: ids[0] for one in asked if (ids := _booked(one.result))}
    events = LoanEvent.objects.in_bulk(list(event_ids.values())) if event_ids else {}
    loans = {event.loan_id for event in events.values()}
    reversals = LoanEvent.objects.filter(kind=LoanEvent.Kind.REVERSAL, loan__in=loans, data__event__in=list(events))
    undone = set(reversals.values_list("data__event", flat=True)) if events else set()
    for event in events.values():
        event.is_undone = event.pk in undone  # type: ignore[attr-defined]
    return {key: events[event_id] for key, event_id in event_ids.items() if event_id in events}


def _booked(result: dict[str, Any]) -> list[int]:
    return result.get("events") or ([result["event"]] if "event" in result else [])
