"""Whom a file can be about besides the borrower, which loans it is about, and what somebody began and did not end."""

from django.db.models import OuterRef, QuerySet, Subquery

from collections_mgmt.models import CaseFile, CollectionCase
from dashu.messaging.models import ContactAttempt
from loans.models import Guarantor

SHOWN = 20


def late_loan_ids(borrower_id: int) -> list[int]:
    """Return the loans of a borrower with an open case, by their ids."""
    cases = CollectionCase.objects.filter(loan__borrower=borrower_id, status=CollectionCase.Status.OPEN)
    return sorted(cases.values_list("loan_id", flat=True))


def guarantors_of(borrower_id: int) -> QuerySet[Guarantor]:
    """Return those who answer for a signed contract of a borrower."""
    return Guarantor.objects.filter(application__borrower=borrower_id, application__contract__isnull=False)


def not_ended(*, operator: str, borrower_id: int | None = None) -> list[ContactAttempt]:
    """
    Return what this person began and has not said yet how it ended, the oldest first, each with its `file_id`.

    :param borrower_id: only with this borrower.
    """
    begun = ContactAttempt.objects.filter(operator=operator, outcome=ContactAttempt.Outcome.OPEN, direction="OUT")
    if borrower_id is not None:
        begun = begun.filter(borrower=borrower_id)
    latest = CaseFile.objects.filter(borrower=OuterRef("borrower")).order_by("-pk").values("pk")[:1]
    begun = begun.annotate(file_id=Subquery(latest)).filter(file_id__isnull=False)
    return list(begun.defer("note", "number").order_by("started_at", "pk")[:SHOWN])
