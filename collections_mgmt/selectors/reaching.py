"""Whom a file can be about besides the borrower, which loans it is about, and what somebody began and did not end."""

from django.db.models import QuerySet

from collections_mgmt.models import CollectionCase
from dashu.messaging.models import ContactAttempt
from loans.models import Guarantor


def late_loan_ids(borrower_id: int) -> list[int]:
    """Return the loans of a borrower with an open case, by their ids."""
    cases = CollectionCase.objects.filter(loan__borrower=borrower_id, status=CollectionCase.Status.OPEN)
    return sorted(cases.values_list("loan_id", flat=True))


def guarantors_of(borrower_id: int) -> QuerySet[Guarantor]:
    """Return those who answer for a signed contract of a borrower."""
    return Guarantor.objects.filter(application__borrower=borrower_id, application__contract__isnull=False)


def not_ended(borrower_id: int, *, operator: str) -> list[ContactAttempt]:
    """Return what this person began with a borrower, and has not said yet how it ended; the oldest first."""
    begun = ContactAttempt.objects.filter(borrower=borrower_id, operator=operator, outcome=ContactAttempt.Outcome.OPEN)
    return list(begun.defer("note", "number").order_by("started_at", "pk"))
