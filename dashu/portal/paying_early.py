"""
What if I pay more today? The answer while one types or slides, and the way to the payment with the amount filled in.

What is typed stands in the address, so that the page works without scripts.
"""

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from dashu.finance.allocation import Surplus
from dashu.finance.loan import InterestBasis
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor
from dashu.portal.forms import plain_amount
from dashu.portal.own_loans import loan_and_card
from dashu.web.requests import HtmxRequest
from loans.models import Loan
from repayments.domain.paying_early import Early
from repayments.selectors.early_payments import early_payment

_PLACES = 200  # of the slider, at least


class EarlyForm(forms.Form):
    """After `is_valid`, `early` is what the amount does."""

    amount = forms.CharField(
        label=_("What you would pay beyond what is due"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, loan: Loan, none: Early, first: int, today: date) -> None:
        currency = loan.currency
        super().__init__(data if "amount" in data else {"amount": format_minor(first, currency)})
        self._loan, self._today = loan, today
        self.early: Early | None = None
        most = max(1, (none.whole - none.due_now) // 100)
        step = next((size for size in (1, 10, 50, 100, 500, 1000, 5000) if size * _PLACES * 5 >= most), 10_000)
        bounds = {"data-least": "0", "data-most": str(most), "data-step": str(step)}
        self.fields["amount"].widget.attrs |= bounds

    def clean_amount(self) -> int:
        try:
            minor = plain_amount(self.cleaned_data["amount"], self._loan.currency)
            self.early = early_payment(self._loan, minor, today=self._today)
        except DomainError as refusal:
            raise ValidationError(refusal.user_message) from refusal
        return minor


@login_required
@require_GET
@vary_on_headers("HX-Request")
def early(request: HtmxRequest, number: str) -> HttpResponse:
    today = lender_today()
    loan, card = loan_and_card(request, number, today=today)
    if card.standing is None or not card.asks_for_money:
        return render(request, "portal/nothing_to_pay.html", {"card": card})
    try:
        none = early_payment(loan, 0, today=today)
    except DomainError:
        return render(request, "portal/no_payoff.html", {"loan": loan})
    form = EarlyForm(
        request.GET, loan=loan, none=none, first=min(card.standing.next_due, none.whole - none.due_now), today=today
    )
    contract = loan.contract
    context = {
        "card": card,
        "form": form,
        "early": form.early if form.is_valid() else None,
        "counts_days": contract.interest_basis is InterestBasis.DAILY,
        "from_the_end": contract.waterfall.surplus is Surplus.LAST_INSTALLMENT,
        "is_update": bool(request.htmx),
    }
    return render(request, "portal/_early.html" if request.htmx else "portal/early.html", context)
