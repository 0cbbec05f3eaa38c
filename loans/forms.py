"""Forms of staff pages about products."""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from dashu.finance.allocation import Direction
from dashu.finance.day_counts import DayCount
from dashu.finance.loan import InterestBasis
from dashu.finance.periods import Period
from dashu.finance.rounding import Rounding
from dashu.finance.terms import Method
from loans.domain.terms import BOOKABLE
from loans.models import Product, ProductTerms
from loans.selectors.product_previews import METHODS, TERMS

# What a product cannot leave to a default; all else may stay as it is.
_WHOLE = (
    "min_count", "max_count", "interest_year_days", "tolerance_bps", "grace_days", "max_tranches",
    "tranche_within_days",
)  # fmt: skip
_CHOICES: dict[str, Iterable[StrEnum]] = {
    "method": [each for each in Method if each not in (Method.CUSTOM, Method.CARD_PLAN)],
    "period": Period,
    "day_count": DayCount,
    "rounding": Rounding,
    "interest_basis": InterestBasis,
    "allocation_direction": Direction,
    "surplus": BOOKABLE,
}
_HELP = {
    "min_annual_rate": _("A fraction: 0.18 is 18% a year."),
    "max_annual_rate": _("A fraction: 0.18 is 18% a year."),
    "allocation_order": _("What a payment pays first: fee, interest, principal, penalty, separated by commas."),
    "fees": _("JSON, a list of lines: code, name and payee in three languages, when, amount or rate with cap, once."),
    "covenants": _("JSON, a list of lines: code, text in three languages, after_months, every_months."),
    "max_tranches": _("1: it is paid out in one sum."),
    "schedule": _("JSON, as the documentation of quotes names them, such as a grace period."),
}


class VersionForm(forms.Form):
    """The terms of a version. Of a draft that is written anew, the product stays as it was."""

    product = forms.ChoiceField(label=_("Product"), widget=UnfoldAdminSelectWidget)
    effective_from = forms.DateField(label=_("Holds from"), widget=UnfoldAdminDateWidget)

    def __init__(self, data: Any = None, *, version: ProductTerms | None = None, is_draft: bool = False) -> None:
        super().__init__(data, initial=_initial(version))
        products = Product.objects.order_by("code")
        self.fields["product"].choices = [(product.code, product.label) for product in products]  # type: ignore[attr-defined]
        self.fields["product"].disabled = is_draft
        for name, label in TERMS.items():
            self.fields[name] = _field(name, label)

    @property
    def terms(self) -> dict[str, Any]:
        """What was typed, as a version keeps it; what was left empty takes its default."""
        given = {name: self.cleaned_data[name] for name in TERMS}
        return {name: value for name, value in given.items() if value not in ("", None, {}, [])}

    def clean_allocation_order(self) -> list[str]:
        return [part.strip() for part in self.cleaned_data["allocation_order"].split(",") if part.strip()]

    def clean_fees(self) -> list[Any]:
        return self._lines("fees")

    def clean_covenants(self) -> list[Any]:
        return self._lines("covenants")

    def _lines(self, name: str) -> list[Any]:
        try:
            read = json.loads(self.cleaned_data[name] or "[]")
        except ValueError as error:
            raise forms.ValidationError(_("This is not JSON.")) from error
        if not isinstance(read, list):
            raise forms.ValidationError(_("Write the lines in brackets."))
        return read

    def clean_schedule(self) -> dict[str, Any]:
        try:
            read = json.loads(self.cleaned_data["schedule"] or "{}")
        except ValueError as error:
            raise forms.ValidationError(_("This is not JSON.")) from error
        if not isinstance(read, dict):
            raise forms.ValidationError(_("Write names and values in braces."))
        return read


def _field(name: str, label: Any) -> forms.Field:
    common = {"label": label, "help_text": _HELP.get(name, ""), "required": False}
    if name in _CHOICES:
        choices: list[tuple[str, Any]] = [(each.value, METHODS.get(each.value, each.value)) for each in _CHOICES[name]]
        if name != "method":
            choices.insert(0, ("", _("As usual")))
        return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **common)
    if name in _WHOLE:
        return forms.IntegerField(min_value=0, widget=UnfoldAdminTextInputWidget, **common)
    if name == "charges_penalty":
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **common)
    if name in ("schedule", "fees", "covenants"):
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 12 if name == "fees" else 4})
        return forms.CharField(max_length=4000 if name == "schedule" else 20_000, widget=widget, **common)
    return forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget, **common)


def _initial(version: ProductTerms | None) -> dict[str, Any]:
    if version is None:
        return {"charges_penalty": True}
    terms = version.terms
    return {
        "charges_penalty": True,
        **terms,
        "product": version.product.code,
        "effective_from": version.effective_from,
        "allocation_order": ", ".join(terms.get("allocation_order", [])),
        **{name: _as_json(terms.get(name)) for name in ("fees", "covenants", "schedule")},
    }


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) if value else ""
