"""Reasons why a method is not offered, as they are kept beside an offer, in words again."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from collections_mgmt.domain.relief.offers import Code, Number, Refusal
from collections_mgmt.relief_words import METHODS, reason
from dashu.finance.relief import ReliefMethod
from dashu.kernel.money import fraction_digits


def method_name(method: str) -> str:
    return str(METHODS[ReliefMethod(method)].name)


def kept_reason(told: Mapping[str, Any], currency: str) -> str:
    """:param told: what `refusal_json` wrote."""
    bare = Refusal(ReliefMethod(told["method"]), Code(told["reason"]))
    found, limit = (_number(told[name], bare, currency) for name in ("found", "limit"))
    return reason(Refusal(bare.method, bare.code, found, limit), currency)


def _number(value: Any, refusal: Refusal, currency: str) -> Number | None:
    if value is None or isinstance(value, int):
        return value
    if refusal.is_money:
        return int(Decimal(value).scaleb(fraction_digits(currency)))
    try:
        return date.fromisoformat(value)
    except ValueError:
        return Decimal(value)
