"""What staff fill in about claims at court."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from dashu.kernel.errors import DomainError
from dashu.kernel.money import parse_minor
from dashu.web.forms import AmountForm


def _words(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **more)


class LegalForm(forms.Form):
    """What somebody looked at, and why it should go to court."""

    confirmed = forms.MultipleChoiceField(
        label=_("I looked at this"), widget=UnfoldAdminCheckboxSelectMultipleWidget, required=False
    )
    reason = _words(
        _("Reason"), help_text=_("Whoever approves it reads this. No diagnosis and nothing about the family.")
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, confirmed: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["confirmed"]
        field.choices = confirmed


class WordsForm(forms.Form):
    words = _words(_("Reason"))


class FiledForm(forms.Form):
    court = forms.CharField(label=_("Court"), max_length=120, widget=UnfoldAdminTextInputWidget)
    court_number = forms.CharField(
        label=_("Number at the court"), max_length=80, required=False, widget=UnfoldAdminTextInputWidget
    )
    filed_on = forms.DateField(label=_("Filed on"), widget=UnfoldAdminSingleDateWidget)


class JudgmentForm(AmountForm):
    judged_on = forms.DateField(label=_("Judgment of"), widget=UnfoldAdminSingleDateWidget)
    words = _words(_("Words"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Granted")
        self.fields["amount"].help_text = _("0 when the claim was dismissed.")

    def clean_amount(self) -> int:
        """Return minor units; nothing may be granted, too."""
        try:
            return parse_minor(self.cleaned_data["amount"].replace(",", ""), self._currency, allow_zero=True)
        except DomainError as error:
            raise forms.ValidationError(error.user_message) from error

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        return {("granted_minor" if name == "amount" else name): value for name, value in given.items()}


class CostForm(AmountForm):
    spent_on = forms.DateField(label=_("Spent on"), widget=UnfoldAdminSingleDateWidget)
    words = _words(_("What for"))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        return {("amount_minor" if name == "amount" else name): value for name, value in given.items()}
