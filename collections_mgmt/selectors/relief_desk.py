"""Whose loans somebody of the staff may offer relief on."""

from django.db.models import Q, QuerySet

from collections_mgmt.models import Budget, CaseFile, HardshipLoan, HardshipRequest, OfferLoan, OfferSet
from collections_mgmt.models.desk import works_files
from dashu.users.models import User
from loans.models import Loan

MAKE = "collections_mgmt.make_offerset"


def loans_to_offer_on(user: User) -> QuerySet[Loan]:
    """
    Return the loans that a person may offer relief on.

    Whoever works on files finds those of the files that they see, and those of requests for help in their hands.
    """
    seen: QuerySet[Loan] = Loan.objects.visible_to(user)
    if not user.has_perm(MAKE):
        return seen.none()
    if not works_files(user):
        return seen
    of_files = CaseFile.objects.visible_to(user).values("borrower")
    of_requests = HardshipLoan.objects.filter(request__handler=user, request__answered_at=None).values("loan")
    return seen.filter(Q(borrower__in=of_files) | Q(pk__in=of_requests))


def open_request_about(loan: Loan, request_id: int | None) -> HardshipRequest | None:
    """Return the request for help that an offer on a loan answers, if it is one of its borrower and open."""
    if request_id is None:
        return None
    found = HardshipRequest.objects.open().filter(pk=request_id, borrower=loan.borrower_id)
    return found.filter(loans__loan=loan).first()


def open_offer_on(loan: Loan) -> OfferSet | None:
    about = OfferLoan.objects.filter(loan=loan, is_open=True).select_related("offer_set").first()
    return about.offer_set if about else None


def latest_budget(loan: Loan) -> Budget | None:
    found: Budget | None = Budget.objects.filter(borrower=loan.borrower_id).order_by("-pk").first()
    return found
