"""
What a borrower sees. Every page starts from the loans this person may see; another person's is not found.

Amounts are shown as of today, the day on which a payment made now would count.
"""

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.applying.products import landing
from dashu.portal.charting import schedule_chart
from dashu.portal.explaining import penalty_note, why_of
from dashu.portal.forms import PastDayForm
from dashu.portal.own_loans import loan_and_card, own_loans
from dashu.portal.presenting import LoanCard, Overview, card_of, overview_of, shown_rows
from dashu.portal.relief.entries import offered_now, plan_now
from dashu.portal.teaching import lesson_card
from dashu.portal.with_an_agency import AgencyShown, agency_of_loan
from dashu.tapes.selectors import payments_before_takeover
from dashu.users.models import Partner
from dashu.users.roles import Role
from dashu.web.offline import kept_offline
from loans.domain.applications import OPEN, Status
from loans.models import Application, Loan
from repayments.models import Payment
from repayments.selectors.autopay import mandate_of, next_collection
from repayments.selectors.explaining import explained
from repayments.selectors.past_days import facts_on
from repayments.selectors.standings import standings_of
from repayments.services.booking import refuse_outside_contract

SHOWN_APPLICATIONS = 5


@require_GET
@kept_offline
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return landing(request)
    if request.user.is_staff:
        return redirect("admin:index")
    if request.user.role == Role.PARTNER and Partner.objects.visible_to(request.user).filter(is_active=True).exists():
        return redirect("console:overview")
    loans = list(own_loans(request).filter(borrower__user=request.user))
    standings = standings_of(loans, today=lender_today())
    cards = [card_of(loan, standings.get(loan.pk), lender_today()) for loan in loans]
    overview = overview_of(cards, currency=loans[0].currency if loans else "CNY")
    mine = Application.objects.visible_to(request.user).filter(borrower__user=request.user)
    applications = list(mine.exclude(status=Status.PAID_OUT).select_related("product")[:SHOWN_APPLICATIONS])
    return render(
        request,
        "portal/home.html",
        {
            "overview": overview,
            "name": request.user.name,
            "applications": applications,
            "leading": _leading(overview, applications),
            "offered": offered_now(request, today=lender_today()) if cards else None,
            "lesson": lesson_card(request),
        },
    )


def _leading(overview: Overview, applications: list[Application]) -> Application | None:
    """Return the application that is the next step: no loan asks for anything, and it is open or all there is."""
    if overview.next_step:
        return None
    first = next((each for each in applications if each.status in OPEN), None)
    return first or (applications[0] if applications and not overview.cards else None)


@login_required
@require_GET
@kept_offline
def loan(request: HttpRequest, number: str) -> HttpResponse:
    today = lender_today()
    shown, card = loan_and_card(request, number, today=today)
    mandate = mandate_of(shown)
    collection = next_collection(mandate, card.standing, today=today) if mandate and card.standing else None
    return render(
        request,
        "portal/loan.html",
        {
            "loan": shown,
            "card": card,
            **_whys(shown, card, today=today),
            "agency": _agency(shown, card, today=today),
            "offered": offered_now(request, today=today, loan=shown),
            "relief_plan": plan_now(request, shown),
            "lesson": lesson_card(request, shown),
            "mandate": mandate,
            "collection": collection,
            "payments": Payment.objects.filter(loan=shown).order_by("-received_on", "-event_id"),
            **_past_day(shown, request),
            "earlier": payments_before_takeover(shown),
        },
    )


def _agency(loan: Loan, card: LoanCard, *, today: date) -> AgencyShown | None:
    return agency_of_loan(loan, days_past_due=card.standing.days_past_due, today=today) if card.standing else None


def _whys(loan: Loan, card: LoanCard, *, today: date) -> dict[str, Any]:
    """The schedule, its chart, and why each amount is what it is; nothing before the loan is paid out."""
    if card.standing is None:
        return {"rows": []}
    why = explained(loan, card.standing, today=today)
    return {
        "rows": shown_rows(card.standing, {number: why_of(row, card.currency) for number, row in why.rows.items()}),
        "chart": schedule_chart(card.standing, currency=card.currency, today=today),
        "why_due": why_of(why.due, card.currency),
        "why_penalty": why_of(why.penalty, card.currency, note=penalty_note()) if card.standing.penalty else None,
        "why_principal": why_of(why.principal, card.currency),
    }


def _past_day(loan: Loan, request: HttpRequest) -> dict[str, Any]:
    """The loan on the day that is asked for, as it is known now, or beside the day why it cannot be told."""
    form = PastDayForm(request.GET if "on" in request.GET else None)
    if not (form.is_bound and form.is_valid()):
        return {"day_form": form}
    on = form.cleaned_data["on"]
    try:
        refuse_outside_contract(loan, on, today=lender_today(), field="on")
        return {"day_form": form, "day": facts_on(loan, as_of=on)}
    except DomainError as refusal:
        form.add_error("on", refusal.user_message)
        return {"day_form": form}


@login_required
@require_GET
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    visible = Payment.objects.visible_to(request.user).select_related("loan__product_terms__product")
    payment = get_object_or_404(visible, reference=reference)
    standing = standings_of([payment.loan], today=lender_today()).get(payment.loan_id)
    card = card_of(payment.loan, standing, lender_today())
    return render(request, "portal/receipt.html", {"payment": payment, "card": card})
