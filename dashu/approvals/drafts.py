"""Drafts of what goes into force once another person has approved it, such as a text or a product's terms."""

from typing import Protocol

from dashu.approvals.models import ApprovalRequest


class Draft(Protocol):
    """:ivar request_id: of the approval that was asked for."""

    status: str
    request_id: int | None


def may_be_edited(draft: Draft) -> bool:
    """Whether it is a draft, or was submitted and its approval was declined, withdrawn or has expired."""
    if draft.status == "SUBMITTED" and draft.request_id is not None:
        waiting = ApprovalRequest.objects.filter(pk=draft.request_id, status=ApprovalRequest.Status.PENDING)
        return not waiting.exists()
    return draft.status == "DRAFT"
