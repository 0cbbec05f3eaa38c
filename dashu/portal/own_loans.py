"""The loans that the person of a request may see: where every page of the portal starts."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from dashu.portal.presenting import LoanCard, card_of
from loans.models import Loan, LoanQuerySet
from repayments.selectors.standings import standings_of


def own_loans(request: HttpRequest) -> LoanQuerySet:
    """Return them without what was cancelled before any money moved: that is on the page of its application."""
    visible = Loan.objects.visible_to(request.user).exclude(status=Loan.Status.CANCELLED)
    return visible.select_related("product_terms__product")


def loan_and_card(request: HttpRequest, number: str, *, today: date, **whose: Any) -> tuple[Loan, LoanCard]:
    """
    Return the loan with this number and how it stands; another person's loan is not found.

    :param whose: more that must be true of the loan.
    """
    found = get_object_or_404(own_loans(request).filter(**whose), number=number)
    return found, card_of(found, standings_of([found], today=today).get(found.pk), today)
