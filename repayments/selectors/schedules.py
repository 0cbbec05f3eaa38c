"""The installments of a loan's schedule versions, in order."""

from django.db.models import QuerySet

from loans.models import Loan
from repayments.models import Installment


def schedule_of(loan: Loan, *, version: int | None = None) -> QuerySet[Installment]:
    """Return the rows of one version, by default the one in force; empty where there is no such version."""
    rows = Installment.objects.filter(loan_id=loan.pk).order_by("number")
    return rows.filter(is_current=True) if version is None else rows.filter(version=version)
