"""
Bounds of yearly rates as a policy pack writes them: a fraction, or a multiple of a published rate.

`"0.24"` is the same on every day of its rule. `{times: "4", table: LPR_1Y}` follows the loan prime rate that holds on
the day the contract is made, so that a new publication needs no new rule.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from dashu.finance.floating import RateTable
from dashu.policy.rate_table_files import rate_tables


@dataclass(frozen=True, slots=True)
class FixedBound:
    """:param rate: a fraction a year."""

    rate: Decimal

    def on(self, _day: date) -> Decimal:
        return self.rate


@dataclass(frozen=True, slots=True)
class MultipleBound:
    """So many times the rate that `table` publishes."""

    times: Decimal
    table: RateTable

    def on(self, day: date) -> Decimal:
        """
        Return the bound, a fraction a year; days after the latest publication carry its rate forward.

        :raises RateUnknown: the day is before the first publication.
        """
        return (self.times * self.table.rate_on(day)).normalize()


RateBound = FixedBound | MultipleBound


def rate_bound(value: Any) -> RateBound:
    """
    Read a bound from a pack.

    :raises ValueError, KeyError: it is neither form, or names a table that does not exist.
    """
    if not isinstance(value, dict):
        return FixedBound(fraction(value))
    if set(value) - {"times", "table"}:
        raise ValueError(f"expected `times` and `table`, not {', '.join(sorted(map(str, value)))}")
    tables = rate_tables()
    if value["table"] not in tables:
        raise ValueError(f"there is no rate table {value['table']!r}; known are {', '.join(tables)}")
    return MultipleBound(fraction(value["times"]), tables[value["table"]])


def fraction(value: Any) -> Decimal:
    """Read a number that is not negative, written as text so that it stays exact."""
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or number < 0:
        raise ValueError(f'expected a rate as text such as "0.24", not {value!r}')
    return number
