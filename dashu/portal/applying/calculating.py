"""
The calculator of a product: an amount and a time, and what such a loan would cost by the arithmetic that makes offers.

What is typed stands in the address, so that an example can be kept, sent on and used without scripts.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu.finance.periods import Period
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor
from dashu.portal.forms import plain_amount
from dashu.web.charts import Chart, Series, Tone
from dashu.web.templatetags.dashu import money, percent
from loans.domain.cost_sheet import CostSheet
from loans.domain.terms import ProductRules
from loans.models import ProductTerms
from loans.services.example_sheets import Prices, example_sheet

_FIRST_MONTHS = 12
_STEPS = 10  # the first amount is a tenth of the highest, in whole thousands


class CalculatorForm(forms.Form):
    """After `is_valid`, `sheet` is what the example costs. What the product does not offer is refused at its field."""

    amount = forms.CharField(label=_("How much?"), max_length=40, widget=forms.TextInput)
    count = forms.IntegerField(label=_("For how many months?"), widget=forms.TextInput)
    rate = forms.ChoiceField(label=_("At which rate?"), required=False, widget=forms.RadioSelect)

    def __init__(self, data: Any, *, version: ProductTerms, prices: Prices, on: date) -> None:
        self.rules: ProductRules = version.rules
        usual = {"amount": first_amount(self.rules), "count": str(first_count(self.rules)), "rate": "highest"}
        typed = {name: data[name] for name in usual if data and name in data}
        super().__init__(usual | typed)
        self.sheet: CostSheet | None = None
        self._version, self._prices, self._on = version, prices, on
        count, rate, amount = self.fields["count"], self.fields["rate"], self.fields["amount"]
        if self.rules.period is not Period.MONTH:
            count.label = _("In how many installments?")
        assert isinstance(rate, forms.ChoiceField)
        rate.choices = [
            ("highest", gettext("%(rate)s a year, the most we ask for") % {"rate": percent(prices.highest)}),
            ("lowest", gettext("%(rate)s a year, the least we ask for") % {"rate": percent(prices.lowest)}),
        ]
        if prices.is_one:
            del self.fields["rate"]
        least, most = self.rules.min_principal, self.rules.max_principal
        amount.widget.attrs |= _slid(least // 100, most // 100, max(100, _step(most // 100)), "decimal")
        count.widget.attrs |= _slid(self.rules.min_count, self.rules.max_count, 1, "numeric")

    def clean_amount(self) -> int:
        try:
            minor = plain_amount(self.cleaned_data["amount"], settings.CURRENCY)
        except DomainError as error:
            raise forms.ValidationError(error.user_message) from error
        if not self.rules.min_principal <= minor <= self.rules.max_principal:
            low, high = (bound // 100 for bound in (self.rules.min_principal, self.rules.max_principal))
            raise forms.ValidationError(
                _("The loan is for amounts from ¥%(low)s to ¥%(high)s."),
                params={"low": f"{low:,}", "high": f"{high:,}"},
            )
        return minor

    def clean_count(self) -> int:
        count: int = self.cleaned_data["count"]
        if not self.rules.min_count <= count <= self.rules.max_count:
            raise forms.ValidationError(
                _("The loan has between %(low)s and %(high)s installments."),
                params={"low": self.rules.min_count, "high": self.rules.max_count},
            )
        return count

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return given
        try:
            self.sheet = example_sheet(
                self._version,
                principal=given["amount"],
                count=given["count"],
                annual_rate=self.annual_rate,
                on=self._on,
                currency=settings.CURRENCY,
            )
        except DomainError as refusal:
            raise forms.ValidationError(refusal.user_message) from refusal
        return given

    @property
    def address(self) -> str:
        """What was typed, as it stands in the address of the page."""
        return urlencode({name: self.data[name] for name in self.fields})

    @property
    def annual_rate(self) -> Decimal:
        """Of the contract; the highest unless the lowest was chosen, so that nobody expects too little."""
        is_lowest = self.cleaned_data.get("rate") == "lowest"
        return self._prices.lowest if is_lowest else self._prices.highest


@dataclass(frozen=True, slots=True)
class Example:
    """An example as the page shows it. :param said: what a listener hears when the figures have changed."""

    sheet: CostSheet
    first: int
    last: int
    said: str
    chart: Chart

    @property
    def is_level(self) -> bool:
        return self.sheet.has_level_months


def example_of(sheet: CostSheet) -> Example:
    first, last = sheet.rows[0].total, sheet.rows[-1].total
    words = {
        "first": money(first, sheet.currency),
        "last": money(last, sheet.currency),
        "cost": money(sheet.cost, sheet.currency),
        "count": len(sheet.rows),
    }
    if sheet.has_level_months:
        said = gettext("%(first)s a month, %(count)s times. It costs %(cost)s in all.") % words
    else:
        said = gettext("From %(first)s at first to %(last)s at the end. It costs %(cost)s in all.") % words
    return Example(sheet, first, last, said, _chart(sheet, said))


def usual_sheet(version: ProductTerms, prices: Prices, *, on: date) -> CostSheet:
    """Return the sheet of the example that the calculator begins with."""
    rules = version.rules
    return example_sheet(
        version,
        principal=plain_amount(first_amount(rules), settings.CURRENCY),
        count=first_count(rules),
        annual_rate=prices.highest,
        on=on,
        currency=settings.CURRENCY,
    )


def first_amount(rules: ProductRules) -> str:
    """Return the amount that the calculator begins with, as it would be typed."""
    tenth = rules.max_principal // _STEPS
    minor = max(rules.min_principal, tenth - tenth % 1_000_00)
    return format_minor(minor, settings.CURRENCY).removesuffix(".00")


def first_count(rules: ProductRules) -> int:
    return min(max(_FIRST_MONTHS, rules.min_count), rules.max_count)


def _chart(sheet: CostSheet, said: str) -> Chart:
    series = [
        Series(_("Principal"), [row.principal for row in sheet.rows], Tone.PRINCIPAL),
        Series(_("Interest"), [row.interest for row in sheet.rows], Tone.INTEREST),
    ]
    if sheet.fees:
        series.append(Series(_("Fees"), [row.fee for row in sheet.rows], Tone.FEE))
    series.append(Series(_("Still owed afterwards"), [row.balance for row in sheet.rows], Tone.LEFT, is_line=True))
    return Chart(
        key="example",
        title=ngettext("The schedule: %(count)s installment", "The schedule: %(count)s installments", len(sheet.rows))
        % {"count": len(sheet.rows)},
        summary=said,
        labels_name=_("Installment"),
        labels=[str(row.number) for row in sheet.rows],
        series=series,
        currency=sheet.currency,
        has_own_scale=True,
    )


def _slid(least: int, most: int, step: int, mode: str) -> dict[str, Any]:
    return {
        "inputmode": mode,
        "autocomplete": "off",
        "data-least": str(least),
        "data-most": str(most),
        "data-step": str(step),
    }


def _step(most: int) -> int:
    """Return a round step that gives a slider a few hundred places."""
    step = 1
    while step * 1000 < most:
        step *= 10
    return step
