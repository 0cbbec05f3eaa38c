"""
What a borrower sees. Every page starts from the loans this person may see; another person's is not found.

Amounts are shown as of today, the day on which a payment made now would count.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.forms import PayForm
from dashu.portal.presenting import LoanCard, card_of, overview_of, shown_rows
from loans.models import Loan, LoanQuerySet
from repayments.models import Payment
from repayments.selectors.standings import standings_of
from repayments.services.gateway import provider, start_checkout


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return render(request, "portal/landing.html")
    if request.user.is_staff:
        return redirect("admin:index")
    loans = list(_own_loans(request).filter(borrower__user=request.user))
    standings = standings_of(loans, today=lender_today())
    cards = [card_of(loan, standings.get(loan.pk), lender_today()) for loan in loans]
    overview = overview_of(cards, currency=loans[0].currency if loans else "CNY")
    return render(request, "portal/home.html", {"overview": overview, "name": request.user.name})


@login_required
@require_GET
def loan(request: HttpRequest, number: str) -> HttpResponse:
    shown, card = _loan_and_card(request, number)
    return render(
        request,
        "portal/loan.html",
        {
            "loan": shown,
            "card": card,
            "rows": shown_rows(card.standing) if card.standing else [],
            "payments": Payment.objects.filter(loan=shown).order_by("-received_on", "-event_id"),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, number: str) -> HttpResponse:
    paid, card = _loan_and_card(request, number)
    if card.standing is None or not card.asks_for_money:
        return render(request, "portal/nothing_to_pay.html", {"card": card})
    form = PayForm(request.POST or None, standing=card.standing, currency=card.currency)
    if request.method == "POST" and form.is_valid():
        try:
            checkout = start_checkout(loan_id=paid.pk, amount_minor=form.amount_minor, today=lender_today())
        except DomainError as refusal:
            form.add_error("amount" if refusal.field == "amount" else None, refusal.user_message)
        else:
            return redirect(provider().checkout_url(checkout))
    return render(request, "portal/pay.html", {"card": card, "form": form})


@login_required
@require_GET
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    visible = Payment.objects.visible_to(request.user).select_related("loan__product_terms__product")
    payment = get_object_or_404(visible, reference=reference)
    standing = standings_of([payment.loan], today=lender_today()).get(payment.loan_id)
    card = card_of(payment.loan, standing, lender_today())
    return render(request, "portal/receipt.html", {"payment": payment, "card": card})


def _own_loans(request: HttpRequest) -> LoanQuerySet:
    return Loan.objects.visible_to(request.user).select_related("product_terms__product")


def _loan_and_card(request: HttpRequest, number: str) -> tuple[Loan, LoanCard]:
    found = get_object_or_404(_own_loans(request), number=number)
    today = lender_today()
    return found, card_of(found, standings_of([found], today=today).get(found.pk), today)
