"""What is asked for when a contract is signed: where the money goes, and the code."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

DIGITS = {"inputmode": "numeric", "autocomplete": "off"}


class AccountForm(forms.Form):
    """The account to pay out to. :param is_business: whether it may be another account than that of a card."""

    bank = forms.CharField(label=_("Bank"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    number = forms.CharField(label=_("Number of your bank card"), max_length=40, widget=forms.TextInput(attrs=DIGITS))

    def __init__(self, *args: Any, holder: str, is_business: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].help_text = _("It must be in your name, %(name)s. It is kept encrypted.") % {
            "name": holder
        }
        if is_business:
            self.fields["number"].label = _("Number of your account or bank card")


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from the text message"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
