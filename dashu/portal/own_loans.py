"""The loans that the person of a request may see: where every page of the portal starts."""

from datetime import date

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from dashu.portal.presenting import LoanCard, card_of
from loans.models import Loan, LoanQuerySet
from repayments.selectors.standings import standings_of

READING = ("GET", "HEAD")


def loans_for(request: HttpRequest) -> LoanQuerySet:
    """
    Return all that the request may be about.

    Staff and partners may read a borrower's pages. What is sent from them is the borrower's own word, and nobody
    promises, pays or agrees for them there.
    """
    visible = Loan.objects.visible_to(request.user)
    return visible if request.method in READING else visible.filter(borrower__user=request.user.pk)


def own_loans(request: HttpRequest) -> LoanQuerySet:
    """Return them without what was cancelled before any money moved: that is on the page of its application."""
    return loans_for(request).exclude(status=Loan.Status.CANCELLED).select_related("product_terms__product")


def loan_and_card(request: HttpRequest, number: str, *, today: date) -> tuple[Loan, LoanCard]:
    """Return the loan with this number and how it stands; another person's loan is not found."""
    found = get_object_or_404(own_loans(request), number=number)
    return found, card_of(found, standings_of([found], today=today).get(found.pk), today)
