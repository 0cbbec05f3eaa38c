"""How staff find loans by what a borrower on the phone can say."""

from typing import Any

from django.db.models import Q, QuerySet

from dashu.users.models import Borrower
from dashu.users.selectors import called
from loans.models import Loan


def loans_found(term: str) -> QuerySet[Loan, Any]:
    """
    Return the ids of the loans with this number, and of those whose borrower has this number, name or phone.

    Name and phone match as a whole, since they are found by blind index only; four digits match the end of a phone.
    Each part of the union uses an index of its own, which one OR could not.
    """
    of_borrower = Borrower.objects.filter(Q(number=term) | called(term)).values("pk")
    by_number = Loan.objects.order_by().filter(number=term).values("pk")
    return by_number.union(Loan.objects.order_by().filter(borrower__in=of_borrower).values("pk"))
