"""
A borrower pays: chooses an amount, sees what it will pay, confirms at the provider, and comes back to what happened.

Amounts are worked out again when the payment is confirmed; where they have changed meanwhile, they are shown again.
"""

import uuid
from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from dashu.api.callers import client_ip
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.policy.rules import BankAccount, bank_account
from dashu.policy.selectors import PolicyRuleMissing
from dashu.portal.forms import PayForm, PayTogetherForm
from dashu.portal.own_loans import loan_and_card, own_loans
from dashu.portal.presenting import BankTransfer, card_of
from dashu.users.models import Borrower, User
from loans.models import Loan
from repayments.models import Checkout, Payment
from repayments.selectors.previews import preview_payment
from repayments.selectors.standings import standings_of
from repayments.services.gateway import checkout_address, start_checkout, start_split_checkout
from repayments.services.virtual_accounts import virtual_account_of


@login_required
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, number: str) -> HttpResponse:
    today = lender_today()
    paid, card = loan_and_card(request, number, today=today)
    if card.standing is None or not card.asks_for_money:
        return render(request, "portal/nothing_to_pay.html", {"card": card})
    form = PayForm(
        request.POST if request.method == "POST" else None,
        standing=card.standing,
        currency=card.currency,
        suggested=request.GET.get("amount", ""),
    )
    if request.method == "POST" and form.is_valid():
        if request.POST.get("shown") == str(form.amount_minor):
            try:
                checkout = start_checkout(
                    loan_id=paid.pk, amount_minor=form.amount_minor, today=today, token=once_of(request)
                )
                return to_provider(request, checkout)
            except DomainError as refusal:
                form.add_error("amount" if refusal.field == "amount" else None, refusal.user_message)
        else:
            preview = preview_payment(paid, form.amount_minor, on=today)
            context = {
                "card": card,
                "form": form,
                "lines": [(card, preview)],
                "total_minor": form.amount_minor,
                "back": "portal:pay",
                "kept": _kept(request),
                "once": uuid.uuid4(),
            }
            return render(request, "portal/pay_preview.html", context)
    bank = bank_transfer_of(paid, today=today)
    return render(request, "portal/pay.html", {"card": card, "form": form, "bank": bank})


@login_required
@require_http_methods(["GET", "POST"])
def pay_together(request: HttpRequest) -> HttpResponse:
    """Pay several loans at once: one payment, split as the borrower says. A single loan has its own page."""
    today = lender_today()
    borrower: Borrower | None = getattr(request.user, "borrower", None)
    if borrower is None and request.user.role != User.Role.BORROWER:  # type: ignore[union-attr]
        return redirect("portal:home")
    if borrower is None:
        return render(request, "portal/nothing_to_pay.html")
    loans = {loan.number: loan for loan in own_loans(request).filter(borrower=borrower)}
    standings = standings_of(loans.values(), today=today)
    cards = [card_of(loan, standings.get(loan.pk), today) for loan in loans.values()]
    asking = [card for card in cards if card.asks_for_money and card.currency == cards[0].currency]
    if not asking:
        return render(request, "portal/nothing_to_pay.html")
    if len(asking) == 1 and request.method == "GET":
        return redirect("portal:pay", asking[0].number)
    form = PayTogetherForm(request.POST if request.method == "POST" else None, cards=asking)
    if request.method == "POST" and form.is_valid():
        total_minor = sum(amount for _card, amount in form.parts)
        if request.POST.get("shown") == str(total_minor):
            try:
                checkout = start_split_checkout(
                    borrower_id=borrower.pk,
                    parts=[(loans[card.number].pk, amount) for card, amount in form.parts],
                    today=today,
                    token=once_of(request),
                )
                return to_provider(request, checkout)
            except DomainError as refusal:
                form.add_error(None, refusal.user_message)
        else:
            lines = [(card, preview_payment(loans[card.number], amount, on=today)) for card, amount in form.parts]
            context = {
                "card": asking[0],
                "form": form,
                "lines": lines,
                "total_minor": total_minor,
                "back": "portal:pay_together",
                "kept": _kept(request),
                "once": uuid.uuid4(),
            }
            return render(request, "portal/pay_preview.html", context)
    return render(request, "portal/pay_together.html", {"form": form})


@login_required
@require_GET
def checkout(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """Where the payer comes back to: what happened, or that we wait for the provider's word."""
    visible = Checkout.objects.filter(loan__in=Loan.objects.visible_to(request.user))
    found = get_object_or_404(visible.select_related("loan__product_terms__product", "payment"), token=token)
    payments: list[Payment] = []
    if found.payment is not None:
        if not found.parts:
            return redirect("portal:receipt", found.payment.reference)
        booked = Payment.objects.visible_to(request.user).filter(group_part__group__checkout=found)
        payments = list(booked.select_related("loan__product_terms__product").order_by("group_part__position"))
    context = {
        "checkout": found,
        "loan": found.loan,
        "payments": payments,
        "arrived_minor": found.received_minor or found.amount_minor,
    }
    return render(request, "portal/checkout.html", context)


def bank_transfer_of(loan: Loan, *, today: date) -> BankTransfer | None:
    """Return where a bank transfer for the loan goes; None where the lender has not said so."""
    try:
        bank: BankAccount = bank_account(today)
    except PolicyRuleMissing:
        return None
    return BankTransfer(bank, virtual_account_of(loan_id=loan.pk, today=today).number, loan.number)


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What was chosen, to be sent again with the confirmation."""
    left_out = {"csrfmiddlewaretoken", "shown", "once"}
    return [(name, value) for name, value in request.POST.items() if name not in left_out and isinstance(value, str)]


def to_provider(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    """Lead to where the payment is confirmed; one that has ended meanwhile says what became of it."""
    if checkout.status != Checkout.Status.STARTED:
        return redirect("portal:checkout", checkout.token)
    return redirect(checkout_address(checkout, payer_ip=client_ip(request) or ""))


def once_of(request: HttpRequest) -> uuid.UUID | None:
    """The token of the confirmed form, by which pressing the button twice begins one payment."""
    try:
        return uuid.UUID(request.POST.get("once", ""))
    except ValueError:
        return None
