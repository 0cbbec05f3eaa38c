"""Where other pages lead to plans: what is offered to a borrower and what runs on a loan, in one question each."""

from datetime import date
from typing import Any

from django.http import HttpRequest

from collections_mgmt.models import OfferSet, RestructuringPlan
from loans.models import Loan


def offered_now(request: HttpRequest, *, today: date, loan: Loan | None = None, asked: Any = None) -> OfferSet | None:
    """
    Return what is offered to this borrower and waits for them, the newest.

    :param loan: only what is about it. :param asked: only what answers this request for help.
    """
    found = OfferSet.objects.visible_to(request.user).filter(borrower__user=request.user.pk)
    found = found.filter(status=OfferSet.Status.OPEN, last_day__gte=today)
    if loan is not None:
        found = found.filter(loans__loan=loan)
    if asked is not None:
        found = found.filter(loans__loan__in=asked.loans.values("loan"))
    newest: OfferSet | None = found.order_by("-pk").first()
    return newest


def plan_now(request: HttpRequest, loan: Loan) -> RestructuringPlan | None:
    """Return the plan that runs on a loan which this person sees, where the loan is their own."""
    own = RestructuringPlan.objects.filter(loan=loan, loan__borrower__user=request.user.pk)
    running: RestructuringPlan | None = (
        own.filter(status__in=RestructuringPlan.RUNNING).order_by("-flag", "-pk").first()
    )
    return running
