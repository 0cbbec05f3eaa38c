"""
The public page that holds a loan for a card against paying the card itself; it asks for no name and keeps nothing.

What is typed stands in the address, so that the page can be kept, sent on and used without scripts.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.forms import plain_amount
from loans.domain.card_comparison import CardDebt, Comparison, compare
from loans.domain.terms import ProductRules
from loans.selectors.products import UnknownProduct, product_terms

PRODUCT = "card-repayment"


class CardForm(forms.Form):
    """Amounts are read the way people type them, rates in percent. After `is_valid`, `comparison` is what was asked."""

    statement = forms.CharField(label=_("What the card asks for in all"), max_length=40, widget=forms.TextInput)
    card_rate = forms.DecimalField(
        label=_("Yearly rate of the card, in percent"),
        min_value=0,
        max_value=100,
        max_digits=8,
        decimal_places=4,
        initial="18.25",
        help_text=_("0.05% a day are 18.25% a year."),
    )
    minimum_share = forms.DecimalField(
        label=_("Minimum payment, in percent"),
        min_value=1,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        initial="10",
    )
    minimum_floor = forms.CharField(label=_("Least minimum payment"), max_length=40, initial="100")
    fixed = forms.CharField(
        label=_("What you can pay each month"),
        max_length=40,
        required=False,
        help_text=_("Leave it empty to compare with what the loan asks for each month."),
    )
    count = forms.IntegerField(label=_("Installments of the loan"), initial=12)
    loan_rate = forms.DecimalField(
        label=_("Yearly rate of the loan, in percent"), min_value=0, max_value=100, max_digits=8, decimal_places=4
    )

    def __init__(self, data: Any, *, rules: ProductRules) -> None:
        super().__init__(data, initial={"loan_rate": (rules.max_annual_rate * 100).normalize()})
        self._rules = rules
        self.comparison: Comparison | None = None
        for name in ("statement", "minimum_floor", "fixed"):
            self.fields[name].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_statement(self) -> int:
        minor = self._amount("statement")
        if not self._rules.min_principal <= minor <= self._rules.max_principal:
            low, high = (bound // 100 for bound in (self._rules.min_principal, self._rules.max_principal))
            raise forms.ValidationError(
                _("The loan is for amounts from ¥%(low)s to ¥%(high)s."),
                params={"low": f"{low:,}", "high": f"{high:,}"},
            )
        return minor

    def clean_minimum_floor(self) -> int:
        return self._amount("minimum_floor")

    def clean_fixed(self) -> int | None:
        return self._amount("fixed") if self.cleaned_data["fixed"].strip() else None

    def clean_count(self) -> int:
        count: int = self.cleaned_data["count"]
        if not self._rules.min_count <= count <= self._rules.max_count:
            raise forms.ValidationError(
                _("The loan has between %(low)s and %(high)s installments."),
                params={"low": self._rules.min_count, "high": self._rules.max_count},
            )
        return count

    def clean_loan_rate(self) -> Any:
        rate = self.cleaned_data["loan_rate"]
        if not self._rules.min_annual_rate <= rate / 100 <= self._rules.max_annual_rate:
            raise forms.ValidationError(
                _("The rate of the loan lies between %(low)s%% and %(high)s%%."),
                params={
                    "low": f"{(self._rules.min_annual_rate * 100).normalize():f}",
                    "high": f"{(self._rules.max_annual_rate * 100).normalize():f}",
                },
            )
        return rate

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return given
        debt = CardDebt(
            statement=given["statement"],
            annual_rate=given["card_rate"] / 100,
            minimum_share=given["minimum_share"] / 100,
            minimum_floor=given["minimum_floor"],
        )
        loan = self._rules.schedule_terms(
            principal=given["statement"],
            annual_rate=given["loan_rate"] / 100,
            count=given["count"],
            disbursed_on=lender_today(),
        )
        try:
            self.comparison = compare(debt, loan, fixed=given["fixed"])
        except DomainError as refusal:
            raise forms.ValidationError(refusal.user_message) from refusal
        return given

    def _amount(self, name: str) -> int:
        try:
            return plain_amount(self.cleaned_data[name], settings.CURRENCY)
        except DomainError as error:
            raise forms.ValidationError(error.user_message) from error


@require_GET
def compare_card(request: HttpRequest) -> HttpResponse:
    """Ask for the card's figures, or show the three ways side by side with one plain sentence about them."""
    try:
        rules = product_terms(PRODUCT, on=lender_today()).rules
    except UnknownProduct:
        return render(request, "portal/card_not_offered.html", status=404)
    form = CardForm(request.GET if "statement" in request.GET else None, rules=rules)
    comparison = form.comparison if form.is_bound and form.is_valid() else None
    context = {
        "form": form,
        "comparison": comparison,
        "currency": settings.CURRENCY,
        "loses": -comparison.saved if comparison and comparison.saved is not None else 0,
    }
    return render(request, "portal/compare_card.html", context)
