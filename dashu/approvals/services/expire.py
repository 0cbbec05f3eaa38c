"""End what nobody decided in time."""

from datetime import datetime

from django.db import transaction

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.acting import witness

BATCH = 200


def expire_overdue(*, now: datetime) -> int:
    """
    Close every request whose days are over and return how many.

    A row that somebody is deciding at this moment is left to them and to the next run.
    """
    expired = 0
    while count := _expire_some(now):
        expired += count
    return expired


@transaction.atomic
def _expire_some(now: datetime) -> int:
    overdue = (
        ApprovalRequest.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("maker")
        .filter(status=ApprovalRequest.Status.PENDING, expires_at__lte=now)
        .order_by("pk")[:BATCH]
    )
    for request in overdue:
        request.close(ApprovalRequest.Status.EXPIRED)
        witness(request, "expired", by=None)
    return len(overdue)
