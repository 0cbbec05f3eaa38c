"""What a person finds in the inbox. `on` is the lender's day."""

from datetime import date

from django.db.models import Q, QuerySet

from dashu.approvals.authority import decidable_by
from dashu.approvals.models import ApprovalRequest
from dashu.users.models import User


def waiting_for(user: User, *, on: date) -> QuerySet[ApprovalRequest]:
    """Return what this person may decide, the longest waiting first."""
    return ApprovalRequest.objects.pending_on(on).filter(decidable_by(user, on=on)).order_by("pk")


def asked_by(user: User) -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.filter(maker=user)


def decided_seen_by(user: User) -> QuerySet[ApprovalRequest]:
    """Return what is no longer waiting: everyone's for those who may see that, else what this person decided."""
    decided = ApprovalRequest.objects.exclude(status=ApprovalRequest.Status.PENDING)
    return decided if user.has_perm("approvals.view_all_approvalrequest") else decided.filter(checker=user)


def visible_to(user: User, *, on: date) -> QuerySet[ApprovalRequest]:
    """Return the requests whose page this person may open."""
    if not (user.is_active and user.is_staff):
        return ApprovalRequest.objects.none()
    if user.has_perm("approvals.view_all_approvalrequest"):
        return ApprovalRequest.objects.all()
    mine = Q(maker=user) | Q(checker=user)
    return ApprovalRequest.objects.filter(mine | (Q(status="PENDING") & decidable_by(user, on=on)))


def pending_for_loan(loan_id: int, *, on: date) -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.pending_on(on).filter(loan_id=loan_id).select_related("maker").order_by("pk")
