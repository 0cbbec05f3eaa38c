"""Whose offers and plans they are, and the loans that a plan can be for: another person's are not found."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from collections_mgmt.models import Budget, OfferSet, RestructuringOffer, RestructuringPlan
from dashu.portal.own_loans import own_loans
from dashu.users.models import Borrower
from loans.models import Loan


def own_set(request: HttpRequest, reference: str) -> OfferSet:
    found = _mine(OfferSet, request).select_related("borrower", "budget")
    offered: OfferSet = get_object_or_404(found, reference=reference)
    return offered


def own_way(request: HttpRequest, reference: str, number: int) -> tuple[OfferSet, RestructuringOffer]:
    """Return an offer with one of its ways, whatever became of it."""
    offered = own_set(request, reference)
    ways = offered.offers.select_related("loan__product_terms__product")
    return offered, get_object_or_404(ways, number=number)


def own_budget(request: HttpRequest, reference: str) -> Budget:
    budget: Budget = get_object_or_404(_mine(Budget, request), reference=reference)
    return budget


def own_plan(request: HttpRequest, reference: str) -> RestructuringPlan:
    found = RestructuringPlan.objects.visible_to(request.user).filter(loan__borrower__user=request.user.pk)
    related = ("loan__product_terms__product", "offer__offer_set", "amendment", "certificate")
    plan: RestructuringPlan = get_object_or_404(found.select_related(*related), reference=reference)
    return plan


def loans_to_help(request: HttpRequest, borrower: Borrower) -> QuerySet[Loan]:
    """Return the borrower's loans on which payments are due, the newest first."""
    return own_loans(request).filter(borrower=borrower, status=Loan.Status.ACTIVE).order_by("-pk")


def _mine(kind: type[Any], request: HttpRequest) -> Any:
    return kind.objects.visible_to(request.user).filter(borrower__user=request.user.pk)
