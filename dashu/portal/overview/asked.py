"""Which day the overview shows, what it is compared with, and of which loans."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget

from collections_mgmt.selectors.overview import Scope
from collections_mgmt.selectors.worker_names import strategy_names, team_names
from dashu.kernel.dates import EARLIEST_YEAR, LATEST_YEAR, add_months

PAGE = "admin:collections_mgmt_deskday_changelist"
ROWS = "admin:collections_mgmt_deskday_rows"
EXPORT = "admin:collections_mgmt_deskday_export"
LONGEST_CODE = 60


class OverviewForm(forms.Form):
    """:param products, currencies: what there is to choose from; teams and strategies follow from what is found."""

    on = forms.DateField(label=_("At the end of"), required=False, widget=UnfoldAdminSingleDateWidget)
    compared = forms.DateField(label=_("Compared with the end of"), required=False, widget=UnfoldAdminSingleDateWidget)
    product = forms.ChoiceField(label=capfirst(_("product")), required=False, widget=UnfoldAdminSelectWidget)
    currency = forms.ChoiceField(label=capfirst(_("currency")), required=False, widget=UnfoldAdminSelectWidget)
    team = forms.CharField(
        label=capfirst(_("team")), required=False, max_length=LONGEST_CODE, widget=UnfoldAdminSelectWidget
    )
    strategy = forms.CharField(
        label=capfirst(_("strategy")), required=False, max_length=LONGEST_CODE, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, products: dict[str, Any], currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("product", [("", _("All")), *products.items()])
        self._offer("currency", [(code, code) for code in currencies])

    def offer_workers(self, teams: list[str], strategies: list[str]) -> None:
        """Let teams and strategies be chosen; a field without any is taken away."""
        offered: tuple[tuple[str, list[str], Callable[[Collection[str]], Mapping[str, str]]], ...] = (
            ("team", teams, team_names),
            ("strategy", strategies, strategy_names),
        )
        for name, codes, names_of in offered:
            chosen = self[name].value() or ""
            if not codes and not chosen:
                del self.fields[name]
                continue
            widget = self.fields[name].widget
            assert isinstance(widget, forms.Select)
            widget.choices = [("", _("All")), *names_of(sorted({*codes, *filter(None, [chosen])})).items()]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for field in ("on", "compared"):
            day = given.get(field)
            if day and not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
                self.add_error(field, forms.ValidationError(_("Choose a day between 1970 and 2199.")))
        if not self.errors and given["on"] and given["compared"] and given["compared"] >= given["on"]:
            self.add_error("compared", forms.ValidationError(_("Choose a day before the one that is shown.")))
        return given

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


@dataclass(frozen=True, slots=True)
class Asked:
    """:param by_balance: the roll rates are of principal, not of loans."""

    on: date
    compared: date
    scope: Scope
    by_balance: bool = False

    @property
    def parameters(self) -> dict[str, str]:
        scope = self.scope
        return {
            "on": self.on.isoformat(),
            "compared": self.compared.isoformat(),
            "product": scope.product,
            "currency": scope.currency,
            "team": scope.team,
            "strategy": scope.strategy,
            "by": "balance" if self.by_balance else "",
        }

    def address(self, name: str = PAGE, **other: Any) -> str:
        words = self.parameters | {key: str(value) for key, value in other.items()}
        return f"{reverse(name)}?{urlencode({key: value for key, value in words.items() if value})}"


def asked_for(
    given: Any, *, today: date, products: dict[str, Any], currencies: list[str]
) -> tuple[OverviewForm, Asked]:
    """Return the form, and what it asks for: yesterday and a month before, where it says nothing or cannot be read."""
    first = currencies[0] if currencies else settings.CURRENCY
    first = settings.CURRENCY if settings.CURRENCY in currencies else first
    yesterday = today - timedelta(days=1)
    asked = Asked(yesterday, add_months(yesterday, -1), Scope(first))
    choices: dict[str, Any] = {"products": products, "currencies": currencies or [first]}
    form = OverviewForm(given if set(given) & set(OverviewForm.base_fields) else None, **choices)
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data
        on = min(chosen["on"] or yesterday, yesterday)
        scope = Scope(chosen["currency"] or first, chosen["product"], chosen["team"], chosen["strategy"])
        compared = chosen["compared"] or add_months(on, -1)
        asked = Asked(on, min(compared, on - timedelta(days=1)), scope, given.get("by") == "balance")
    if not form.is_bound:
        form = OverviewForm(initial=asked.parameters, **choices)
    return form, asked
