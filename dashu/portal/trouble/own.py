"""Whose page it is: everything in this room is one borrower's own, and nobody else's is found."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from dashu.portal.own_loans import own_loans
from dashu.users.models import Borrower
from loans.models import Loan


def loans_of(request: HttpRequest, borrower: Borrower) -> QuerySet[Loan]:
    """Return the borrower's loans that money was paid out on, the newest first."""
    return own_loans(request).filter(borrower=borrower).exclude(status__in=Loan.NOT_PAID_OUT).order_by("-pk")


def running_loans(request: HttpRequest, borrower: Borrower) -> QuerySet[Loan]:
    """Return those on which something is to be paid."""
    return loans_of(request, borrower).filter(status__in=[Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF])


def own_asked(request: HttpRequest, kind: type[Any], reference: str) -> Any:
    """Return the request, complaint or dispute with this number; another person's is not found."""
    visible = kind.objects.visible_to(request.user).filter(borrower__user=request.user)
    return get_object_or_404(visible, reference=reference)
