"""Fields of the calculators: read the way people type, bounded, and refused in words that say what fits."""

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.kernel.money import parse_minor

_DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}
_WHOLE = {"inputmode": "numeric", "autocomplete": "off"}
MOST_MINOR = 10_000_000_00  # ten million yuan: beyond it nobody learns more


class Yuan(forms.CharField):
    """An amount, with a sign, with commas, in full-width digits; cleans to whole fen."""

    sign = "¥"

    def __init__(self, *, least: int = 1_00, **kwargs: Any) -> None:
        """:param least: fen; 0 allows nothing at all."""
        super().__init__(max_length=24, widget=forms.TextInput(attrs=_DECIMAL), **kwargs)
        self._least = least

    def clean(self, value: Any) -> Any:
        typed = _plain(super().clean(value)).replace("¥", "").replace("元", "")
        if not typed:
            return None
        try:
            minor = parse_minor(typed, settings.CURRENCY, allow_zero=True)
        except DomainError as error:
            raise forms.ValidationError(error.user_message) from error
        if not self._least <= minor <= MOST_MINOR:
            raise forms.ValidationError(
                _("Please use an amount from ¥%(low)s to ¥%(high)s."),
                params={"low": f"{self._least // 100:,}", "high": f"{MOST_MINOR // 100:,}"},
            )
        return minor


class Percent(forms.CharField):
    """A rate or share in percent; cleans to a fraction."""

    def __init__(self, *, least: str = "0", most: str = "100", **kwargs: Any) -> None:
        super().__init__(max_length=12, widget=forms.TextInput(attrs=_DECIMAL), **kwargs)
        self._least, self._most = Decimal(least), Decimal(most)

    def clean(self, value: Any) -> Any:
        typed = _plain(super().clean(value)).removesuffix("%")
        if not typed:
            return None
        try:
            percent = Decimal(typed)
        except InvalidOperation:
            percent = Decimal("NaN")
        is_fine = percent.is_finite() and int(percent.as_tuple().exponent) >= -4
        if not is_fine or not self._least <= percent <= self._most:
            raise forms.ValidationError(
                _("Please use a number from %(low)s to %(high)s, with at most 4 decimals."),
                params={"low": f"{self._least:f}", "high": f"{self._most:f}"},
            )
        return percent / 100


class Whole(forms.CharField):
    """A whole number, such as of months."""

    def __init__(self, *, least: int = 1, most: int = 360, **kwargs: Any) -> None:
        super().__init__(max_length=6, widget=forms.TextInput(attrs=_WHOLE), **kwargs)
        self._least, self._most = least, most

    def clean(self, value: Any) -> Any:
        typed = _plain(super().clean(value))
        if not typed:
            return None
        if not (typed.isascii() and typed.isdigit() and self._least <= int(typed) <= self._most):
            raise forms.ValidationError(
                _("Please use a whole number from %(low)s to %(high)s."),
                params={"low": self._least, "high": self._most},
            )
        return int(typed)


def _plain(typed: Any) -> str:
    return unicodedata.normalize("NFKC", str(typed)).replace(",", "").replace(" ", "")
