"""What the loans that a partner brought say of its borrowers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Min, Q

from dashu.users.models import Partner
from loans.models import Loan


@dataclass(frozen=True, slots=True)
class OpenLoans:
    """
    Of one borrower, with one partner.

    :param next_due_on: the first day from today on, on which something unpaid falls due; None: there is none.
    """

    count: int = 0
    next_due_on: date | None = None


def open_loans_of(borrower_ids: Iterable[int], *, partner: Partner, today: date) -> dict[int, OpenLoans]:
    """Return those of each borrower who has one running, by the borrower's id, in one query."""
    due = Q(installments__is_current=True, installments__unpaid_minor__gt=0, installments__due_on__gte=today)
    running = Loan.objects.filter(partner=partner, borrower__in=borrower_ids, status=Loan.Status.ACTIVE)
    found = (
        running.order_by()
        .values("borrower")
        .annotate(count=Count("pk", distinct=True), next_due_on=Min("installments__due_on", filter=due))
    )
    return {row["borrower"]: OpenLoans(row["count"], row["next_due_on"]) for row in found}
