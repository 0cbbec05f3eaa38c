"""Fields of the forms around signing in: a phone, and either a phone or an address in one."""

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.users.phones import phone_to_sign_in

LONGEST = 254


class PhoneField(forms.CharField):
    """`cleaned_data` holds the phone as `phone_to_sign_in` returns it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Mobile phone"))
        kwargs.setdefault("max_length", 32)
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return text
        try:
            return phone_to_sign_in(text)
        except DomainError as error:
            raise forms.ValidationError(error.user_message) from error


class PhoneOrEmailField(forms.CharField):
    """`cleaned_data` holds an address in lower case, or a phone as `phone_to_sign_in` returns it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Mobile phone or e-mail address"))
        attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attributes))
        super().__init__(max_length=LONGEST, **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return text
        if is_address(text):
            validate_email(text)
            return text.lower()
        try:
            return phone_to_sign_in(text)
        except DomainError as error:
            raise forms.ValidationError(
                _("Give a mobile phone number, such as 138 0000 1234, or an e-mail address.")
            ) from error


def is_address(text: str) -> bool:
    return "@" in text
