"""The latest event of a loan: what comes after it is new."""

from collections.abc import Collection

from django.db.models import Max

from repayments.models import LoanEvent


def newest_event(loan_id: int) -> int:
    """Return the id of the latest event of a loan, 0 where nothing has happened."""
    return newest_events([loan_id]).get(loan_id, 0)


def newest_events(loan_ids: Collection[int]) -> dict[int, int]:
    """Return it for loans that have one; one query."""
    found = LoanEvent.objects.filter(loan__in=loan_ids).order_by()
    return dict(found.values("loan").annotate(newest=Max("pk")).values_list("loan", "newest"))
