"""Offers and plans of a borrower in one list, and the page of a plan: how far it is, what comes next, what it needs."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from collections_mgmt.models import OfferSet, RestructuringPlan
from collections_mgmt.relief_words import METHODS
from collections_mgmt.services.relief.withdraw_plan import can_withdraw, withdraw_plan
from dashu.finance.relief import ReliefMethod
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.complaining import complaints_shown
from dashu.portal.own_borrower import own_borrower
from dashu.portal.relief.month import DRAFT
from dashu.portal.relief.own import loans_to_help, own_plan
from dashu.portal.relief.showing import way_shown
from dashu.portal.teaching import lesson_card
from dashu.users.actors import actor_of
from dashu.web.offline import kept_offline
from dashu.web.posting import sent_from
from loans.models import Loan
from repayments.domain.standing import RowState, Standing
from repayments.selectors.standings import standings_of

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the payments of a plan, how many are paid, and what is left to pay, minor units."""

    paid: int
    count: int
    left: int

    @property
    def percent(self) -> int:
        return self.paid * 100 // self.count if self.count else 0


@login_required
@require_GET
@kept_offline
def relief(request: HttpRequest) -> HttpResponse:
    """What is offered, what runs, what has ended; and the way to see what is possible."""
    borrower, today = own_borrower(request), lender_today()
    sets = OfferSet.objects.visible_to(request.user).filter(borrower=borrower).exclude(status="ACCEPTED")
    plans = RestructuringPlan.objects.visible_to(request.user).filter(loan__borrower=borrower)
    found = list(sets.order_by("-pk")[:SHOWN])
    shown = [
        (plan, METHODS[ReliefMethod(plan.method)].name) for plan in plans.select_related("loan").order_by("-pk")[:SHOWN]
    ]
    return render(
        request,
        "portal/relief/plans.html",
        {
            "open": [each for each in found if each.is_open and today <= each.last_day],
            "ended": [each for each in found if not (each.is_open and today <= each.last_day)],
            "running": [each for each in shown if each[0].is_running],
            "past": [each for each in shown if not each[0].is_running],
            "can_ask": loans_to_help(request, borrower).exists(),
            "has_draft": DRAFT in request.session,
        },
    )


@login_required
@require_GET
@kept_offline
def plan(request: HttpRequest, reference: str) -> HttpResponse:
    found = own_plan(request, reference)
    lesson = lesson_card(request, found.loan) if found.is_running else None
    return render(request, "portal/relief/plan.html", {**_shown(found, lender_today()), "lesson": lesson})


@login_required
@sent_from("portal:relief_plan", "reference")
def take_back(request: HttpRequest, reference: str) -> HttpResponse:
    found = own_plan(request, reference)
    try:
        withdraw_plan(plan_id=found.pk, now=lender_now(), actor=actor_of(request))
        messages.success(request, _("The plan is taken back. The loan goes on as it was before."))
    except DomainError as refusal:
        messages.error(request, refusal.user_message)
    return redirect("portal:relief_plan", reference)


def _shown(plan: RestructuringPlan, today: date) -> dict[str, Any]:
    loan = plan.loan
    standing = standings_of([loan], today=today).get(loan.pk)
    return {
        "plan": plan,
        "loan": loan,
        "way": way_shown(plan.offer, loan, today=plan.accepted_on),
        "standing": standing,
        "progress": progress_of(plan, standing) if standing else None,
        "can_take_back": can_withdraw(plan, today=today),
        "is_new": plan.status == RestructuringPlan.Status.ACCEPTED,
        "is_paid_off": loan.status == Loan.Status.SETTLED,
        "words": complaints_shown(),
    }


def progress_of(plan: RestructuringPlan, standing: Standing) -> Progress:
    """Return how many of the payments that the plan agreed on are paid."""
    numbers = {row[0] for row in plan.offer.rows}
    rows = [row for row in standing.rows if row.number in numbers and row.total]
    paid = sum(row.state is RowState.PAID for row in rows)
    return Progress(paid, len(rows), standing.left_to_pay)
