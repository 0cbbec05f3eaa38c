"""Refusals as they are kept beside an offer, read back into the values they were written from."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from collections_mgmt.domain.relief.offers import Code, Number, Refusal
from dashu.finance.relief import ReliefMethod
from dashu.kernel.money import parse_minor


def read_refusal(kept: Mapping[str, Any], currency: str) -> Refusal:
    """Read what `written.refusal_json` wrote."""
    code = Code(kept["reason"])
    is_money = Refusal(ReliefMethod(kept["method"]), code).is_money
    found, limit = (_number(kept[name], currency, is_money=is_money) for name in ("found", "limit"))
    instead = ReliefMethod(kept["instead"]) if kept["instead"] else None
    return Refusal(ReliefMethod(kept["method"]), code, found, limit, instead)


def _number(value: str | int | None, currency: str, *, is_money: bool) -> Number | None:
    if value is None or isinstance(value, int):
        return value
    if is_money:
        return (
            -parse_minor(value[1:], currency)
            if value.startswith("-")
            else parse_minor(value, currency, allow_zero=True)
        )
    try:
        return date.fromisoformat(value)
    except ValueError:
        return Decimal(value)
