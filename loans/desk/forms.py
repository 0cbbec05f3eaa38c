"""Forms of the desk. What may be done is for the services to say."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor, parse_minor
from dashu.users.models import User
from loans.selectors.desk import colleagues_of
from loans.services.hold_application import LONGEST_WORDS
from loans.services.what_if import Change

PROVED = {"income": "income", "essentials": "essentials", "debts": "debt_payments"}


class Yuan(forms.CharField):
    """An amount as it is typed; clean, it is minor units, or None where nothing was typed."""

    def __init__(self, *, currency: str, allow_zero: bool = False, **kwargs: Any) -> None:
        super().__init__(max_length=24, **kwargs)
        self._currency, self._allow_zero = currency, allow_zero

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_minor(text.replace(",", ""), self._currency, allow_zero=self._allow_zero)
        except DomainError as error:
            raise forms.ValidationError(error.user_message) from error


class WordsForm(forms.Form):
    """Why something is done."""

    words = forms.CharField(
        label=_("Why"), max_length=LONGEST_WORDS, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), strip=True
    )


class HandOverForm(WordsForm):
    """To whom, of those who decide on applications."""

    to_user = forms.ModelChoiceField(queryset=User.objects.none(), label=_("To"), widget=UnfoldAdminSelectWidget)

    field_order = ("to_user", "words")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_user"].queryset = colleagues_of(user)  # type: ignore[attr-defined]


class WhatIfForm(forms.Form):
    """What could be otherwise; an empty field is as it stands."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = Yuan(label=_("Amount"), currency=currency, required=False)
        self.fields["months"] = forms.IntegerField(label=_("Months"), min_value=1, max_value=120, required=False)
        for name, label in (
            ("income", _("Income, if proved")),
            ("essentials", _("Essential spending")),
            ("debts", _("Debt payments")),
        ):
            self.fields[name] = Yuan(label=label, currency=currency, allow_zero=True, required=False)

    @property
    def change(self) -> Change:
        given = self.cleaned_data
        return Change(
            amount_minor=given["amount"],
            months=given["months"],
            proved={name: given[field] for field, name in PROVED.items() if given[field] is not None},
        )


def as_typed(minor: int | None, currency: str) -> str:
    return "" if minor is None else format_minor(minor, currency)
