"""Fields that forms of several apps ask for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from dashu.kernel.errors import DomainError
from dashu.kernel.money import parse_minor


class AmountForm(forms.Form):
    """Asks for an amount in a currency, thousands parted by commas or not; `cleaned_data["amount"]` is minor units."""

    amount = forms.CharField(label=_("Amount"), max_length=24, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency

    def clean_amount(self) -> int:
        """Return minor units."""
        try:
            return parse_minor(self.cleaned_data["amount"].replace(",", ""), self._currency)
        except DomainError as error:
            raise forms.ValidationError(error.user_message) from error


def add_refusal(form: forms.BaseForm, refusal: DomainError) -> None:
    """Say beside the field that a service names why it refused; above the form where the form has no such field."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.user_message)
