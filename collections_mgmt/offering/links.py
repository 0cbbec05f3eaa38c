"""Where relief is offered on a loan, for the pages that lead there."""

from django.urls import reverse

from collections_mgmt.selectors.relief_desk import loans_to_offer_on
from dashu.users.models import User
from loans.models import Loan


def build_address(loan_id: int, request_id: int | None = None) -> str:
    about = f"?request={request_id}" if request_id else ""
    return reverse("admin:collections_mgmt_offerset_build", args=[loan_id]) + about


def offer_links(user: User, borrower_id: int) -> list[tuple[str, str]]:
    """Return the number of each running loan that this person may offer relief on, and the address of its builder."""
    running = loans_to_offer_on(user).filter(borrower=borrower_id, status=Loan.Status.ACTIVE).order_by("pk")
    return [(number, build_address(pk)) for pk, number in running.values_list("pk", "number")]
