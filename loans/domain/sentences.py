"""Sentences that plain arithmetic has to say: a text of the catalogs with plain values; a page or paper words them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from dashu.kernel.money import Money

Value = Money | date | Decimal | int


@dataclass(frozen=True, slots=True)
class Said:
    """
    :param text: in English, marked for the catalogs, with `%(name)s` for each value.
    :param values: a `Decimal` is a rate, an `int` a count.
    """

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)
