"""What every decision of a person shares: who may make it, that none waits for approval, and whom it answers."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from dashu.approvals.models import ApprovalRequest
from dashu.kernel.errors import DomainError
from dashu.users.models import User
from loans.models import Application, CreditReview, ReviewRequest
from loans.services.hold_application import refuse_unless_held

APPROVE = "application.approve"
SUBJECT = "application"


class WaitsForApproval(DomainError):
    """The approval of this application waits for another person."""

    code = "waits_for_approval"
    http_status = 409


def waiting_approval(application: Application, *, on: date) -> ApprovalRequest | None:
    """Return the request to approve the application that nobody has decided yet."""
    pending = ApprovalRequest.objects.pending_on(on).filter(kind=APPROVE, subject_type=SUBJECT)
    return pending.filter(subject_id=application.reference).select_related("maker").first()


def refuse_to_decide(application: Application, user: User, *, on: date) -> None:
    """
    Refuse a locked application that the person cannot decide on now.

    :raises HeldByAnother, OwnApplication, MayNotReview, ApplicationStateChanged: see `refuse_unless_held`.
    :raises WaitsForApproval: see there.
    """
    refuse_unless_held(application, user)
    if waiting_approval(application, on=on):
        raise WaitsForApproval(_("Its approval waits for another person. Withdraw it first to decide otherwise."))


def answer_request(application: Application, reviewed: CreditReview) -> None:
    """Let a decision answer the applicant's wish for a person's review, if there is one."""
    is_better = reviewed.outcome == CreditReview.Outcome.APPROVE
    outcome = ReviewRequest.Outcome.CHANGED if is_better else ReviewRequest.Outcome.CONFIRMED
    ReviewRequest.objects.filter(application=application, outcome="").update(outcome=outcome, answer=reviewed)
