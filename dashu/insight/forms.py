"""What can be chosen on the page of a report."""

from datetime import date
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from collections_mgmt.models import PortfolioMonth
from dashu.insight.reading import Kept, month_words
from dashu.insight.report import Report
from dashu.insight.scope import UNKNOWN, Scope
from dashu.insight.words import DIMENSION_NAMES, NO_VALUE, product_names, value_labels
from dashu.kernel.dates import add_months

MOST_MONTHS = 60
MOST_VALUES = 200


class ScopeForm(forms.Form):
    """The choices follow from what the snapshot has; a field without a choice is taken away."""

    first = forms.ChoiceField(label=_("From month"), required=False, widget=UnfoldAdminSelectWidget)
    last = forms.ChoiceField(label=_("To month"), required=False, widget=UnfoldAdminSelectWidget)
    product = forms.ChoiceField(label=capfirst(_("product")), required=False, widget=UnfoldAdminSelectWidget)
    currency = forms.ChoiceField(label=capfirst(_("currency")), required=False, widget=UnfoldAdminSelectWidget)
    dimension = forms.ChoiceField(label=_("Split by"), required=False, widget=UnfoldAdminSelectWidget)
    value = forms.ChoiceField(label=_("Only"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, report: Report, kept: Kept, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.report = report
        months = [(f"{month:%Y-%m}", month_words(month)) for month in reversed(kept.every)]
        self._offer("first", months)
        self._offer("last", months)
        self._offer("product", [("", _("All")), *product_names().items()])
        self._offer("currency", [(code, code) for code in currencies])
        names = [(each.value, capfirst(str(DIMENSION_NAMES[each.value]))) for each in report.dimensions]
        self._offer("dimension", [("", _("Nothing")), *names])
        dimension = self["dimension"].value() or ""
        self._offer("value", self._values(dimension, kept) if dimension in {each for each, _name in names} else [])
        for option in report.options:
            self.fields[option.code] = forms.ChoiceField(
                label=capfirst(str(option.title)),
                required=False,
                widget=UnfoldAdminSelectWidget,
                choices=option.offered,
            )
        for name in ("currency", "dimension", "value"):
            if len(self._choices(name)) < 2:
                del self.fields[name]
        if not report.is_of_loans:
            for name in ("product", "currency"):
                self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = (_month(given.get(name)) for name in ("first", "last"))
        if first and last and first > last:
            self.add_error("first", forms.ValidationError(_("Choose a month that is not after the last one.")))
        elif first and last and add_months(first, MOST_MONTHS) <= last:
            message = _("Choose at most %(most)s months.") % {"most": MOST_MONTHS}
            self.add_error("first", forms.ValidationError(message))
        return given

    def _values(self, dimension: str, kept: Kept) -> list[tuple[str, Any]]:
        label = value_labels(dimension)
        of_last = PortfolioMonth.objects.filter(dimension=dimension, month=kept.months[-1]) if kept.months else None
        if of_last is None:
            return []
        codes = of_last.order_by("value").values_list("value", flat=True).distinct()[:MOST_VALUES]
        found = sorted(((code or UNKNOWN, label(code)) for code in codes), key=lambda pair: pair[0] == UNKNOWN)
        chosen = self["value"].value()
        if chosen and chosen not in dict(found):
            found.append((chosen, NO_VALUE if chosen == UNKNOWN else label(chosen)))
        return [("", _("All")), *found] if found else []

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _choices(self, name: str) -> list[Any]:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return list(cast("Any", field.choices))


def asked_for(report: Report, given: Any, *, kept: Kept, person: Any) -> tuple[ScopeForm, Scope | None]:
    """
    Return the form and what it asks for: the last months of all loans, where it says nothing or cannot be read.

    None in place of the scope while there is no snapshot at all.
    """
    currencies = sorted(PortfolioMonth.objects.filter(dimension="").values_list("currency", flat=True).distinct())
    known: dict[str, Any] = {"report": report, "kept": kept, "currencies": currencies}
    if not kept.months:
        return ScopeForm(**known), None
    standard = _standard(report, kept, currencies, person)
    names = {*ScopeForm.base_fields, *(option.code for option in report.options)}
    form = ScopeForm({**standard.parameters, **_plain(given)} if names & set(given) else None, **known)
    if not form.is_bound:
        return ScopeForm(initial=standard.parameters, **known), standard
    return form, _scope(form, standard) if form.is_valid() else standard


def _standard(report: Report, kept: Kept, currencies: list[str], person: Any) -> Scope:
    last = kept.months[-1]
    first = max(add_months(last, 1 - report.months), kept.months[0])
    currency = settings.CURRENCY if settings.CURRENCY in currencies else currencies[0]
    options = {option.code: option.offered[0][0] for option in report.options}
    return Scope(first, last, currency, options=options, person=person)


def _scope(form: ScopeForm, standard: Scope) -> Scope:
    given = form.cleaned_data
    dimension = given.get("dimension") or ""
    value = given.get("value") or None if dimension else None
    last = _month(given["last"]) or standard.last
    return Scope(
        first=min(_month(given["first"]) or standard.first, last),
        last=last,
        currency=given.get("currency") or standard.currency,
        product=given.get("product") or "",
        dimension=dimension,
        value="" if value == UNKNOWN else value,
        options={code: given.get(code) or first for code, first in standard.options.items()},
        person=standard.person,
    )


def _plain(given: Any) -> dict[str, str]:
    return {name: given[name] for name in given if given[name]}


def _month(words: str | None) -> date | None:
    return date.fromisoformat(f"{words}-01") if words else None
