"""Amounts, dates, rates and names as a paper writes them. The caller sets the language."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import date_format
from django.utils.translation import get_language

from dashu.web.templatetags.dashu import money, money_parts

TYPST_LANGUAGE = {"zh-hans": ("zh", "cn"), "zh-hant": ("zh", "tw"), "en": ("en", "us")}


def plain(text: str) -> str:
    """
    Return a name or reference without signs that cannot be seen: controls, and marks that turn the reading direction.

    Spaces of every kind become one space.
    """
    seen = "".join(" " if sign.isspace() else sign for sign in text)
    return " ".join("".join(sign for sign in seen if unicodedata.category(sign)[0] != "C").split())


def day(text: str) -> str:
    return date_format(date.fromisoformat(text), "DATE_FORMAT")


def short_day(text: str) -> str:
    return date.fromisoformat(text).strftime("%Y-%m-%d")


def amount(minor: int, currency: str) -> str:
    """Write an amount with its sign of currency, as on every page."""
    return money(minor, currency)


def bare_amount(minor: int, currency: str) -> str:
    """Write an amount for a column whose head names the currency; nothing for 0."""
    if not minor:
        return ""
    _sign, whole, part = money_parts(abs(minor), currency)
    return ("−" if minor < 0 else "") + whole + part


def yearly(rate: Decimal) -> str:
    """Write what a loan costs a year, always with two decimals: 0.128 → "12.80%"."""
    return f"{(rate * 100).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):f}%"


def named(names: Mapping[str, str]) -> str:
    """Return the name in the language of the moment, else in English."""
    by_language = {language.lower(): text for language, text in names.items()}
    return by_language.get((get_language() or "en").lower()) or by_language["en"]
