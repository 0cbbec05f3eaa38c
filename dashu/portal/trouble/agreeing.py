"""What is agreed on one loan: a plan that the borrower makes in parts, and an offer to end the loan for less."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.domain.because import Because
from collections_mgmt.models import Arrangement, Settlement
from collections_mgmt.selectors.agreements import PartShown, parts_shown
from collections_mgmt.services.settlements import accept_settlement, withdraw_settlement
from dashu.kernel.dates import add_months, lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import Money, format_minor
from dashu.policy import rules as policy
from dashu.portal.complaining import complaints_shown
from dashu.portal.own_loans import own_loans
from dashu.portal.trouble.forms import PlanForm
from dashu.users.actors import actor_of
from dashu.web.posting import sent_from
from loans.models import Loan
from repayments.domain.standing import Standing


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A running plan with its payments. :param next_part: the one that is paid next, None when all are."""

    reference: str
    total_minor: int
    parts: Sequence[PartShown]

    @property
    def next_part(self) -> PartShown | None:
        return next((part for part in self.parts if part.missing_minor), None)


def plan_of(loan: Loan, *, today: date) -> PlanShown | None:
    """Return the plan that runs on a loan."""
    plan = Arrangement.objects.running().filter(loan=loan).first()
    return PlanShown(plan.reference, plan.total_minor, parts_shown(plan, today=today)) if plan else None


def offer_on(loan: Loan) -> Settlement | None:
    """Return the settlement that is offered or runs on a loan."""
    return Settlement.objects.filter(loan=loan, status__in=Settlement.OPEN).first()


def plan_form(data: Any, standing: Standing, currency: str, today: date) -> PlanForm:
    terms = policy.arrangement_terms(today)
    choices = {
        count: Money(standing.due_now, currency).split(count)[0].minor for count in range(2, terms.own_parts + 1)
    }
    last = add_months(today, terms.own_months + 1 - terms.own_parts)
    return PlanForm(data, choices=choices, currency=currency, first=today, last=max(last, today))


@login_required
@require_GET
def settlement(request: HttpRequest, reference: str) -> HttpResponse:
    return render(request, "portal/trouble/settlement.html", _shown(_own(request, reference)))


@login_required
@sent_from("portal:settlement", "reference")
def answer_settlement(request: HttpRequest, reference: str) -> HttpResponse:
    """Accept an offer that was read, or decline it; nobody does so for the borrower."""
    offer = _own(request, reference)
    try:
        if request.POST.get("answer") == "decline":
            withdraw_settlement(
                settlement_id=offer.pk,
                reason=Because.DECLINED.value,
                today=lender_today(),
                actor=actor_of(request),
            )
        elif request.POST.get("understood"):
            accept_settlement(settlement_id=offer.pk, now=lender_now(), actor=actor_of(request))
        else:
            shown = {**_shown(offer), "is_unread": True}
            return render(request, "portal/trouble/settlement.html", shown, status=422)
    except DomainError as refusal:
        messages.error(request, refusal.user_message)
    return redirect("portal:settlement", offer.reference)


def _own(request: HttpRequest, reference: str) -> Settlement:
    found = Settlement.objects.visible_to(request.user).filter(loan__in=own_loans(request))
    with_loan = found.select_related("loan__product_terms__product")
    settlement: Settlement = get_object_or_404(with_loan, reference=reference)
    return settlement


def _shown(offer: Settlement) -> dict[str, Any]:
    today = lender_today()
    parts = parts_shown(offer, today=today)
    next_part = next((part for part in parts if part.missing_minor), None)
    return {
        "offer": offer,
        "loan": offer.loan,
        "parts": parts,
        "next_part": next_part,
        "pay_amount": format_minor(next_part.missing_minor, offer.loan.currency) if next_part else "",
        "is_last": next_part is not None and next_part.number == len(parts),
        "may_answer": offer.status == Settlement.Status.OFFERED and today <= offer.accept_by,
        "is_running": offer.status in Settlement.RUNNING,
        "is_over": offer.status not in Settlement.OPEN,
        "grace_days": policy.settlement_terms(today).grace_days,
        "kept_years": policy.adverse_record(today).kept_years,
        "words": complaints_shown(),
    }


def monthly(total: int, currency: str, first_on: date, count: int) -> list[Due]:
    """Return payments that add up to a total of minor units, the first one on a day and the others each month."""
    amounts = Money(total, currency).split(count)
    days = [add_months(first_on, number, day=first_on.day) for number in range(count)]
    return [Due(on, amount.minor) for on, amount in zip(days, amounts, strict=True)]
