"""
Many schedules at once: the same rows as `build_schedule`, computed column by column.

Terms of one shape (same dates, method and conventions) are computed together, row after row over all of them. Balances
are whole minor units; what is to be rounded is computed in binary floats, and wherever such a value lies so near to a
rounding boundary that its last digits could decide, that one cell is computed again in decimals, with the expression
of the scalar code. Terms that this does not cover go through `build_schedule` itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dashu.finance.amortization import level_installment
from dashu.finance.fees import FeeTiming, fees_by_row
from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.spans import spans_of
from dashu.finance.terms import Compounding, Method, Remainder, ScheduleTerms, Stub

Minor: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

# A float has 15 digits: an amount below the bound is right to a millionth of a minor unit, a hundred times less than
# the distance from a boundary at which the decimal computation decides.
_LARGEST = 10**9
_DOUBTFUL = 1e-4


@dataclass(frozen=True, slots=True)
class Columns:
    """
    Schedules of one shape: `indices` says which of the terms, each array has one line for each of them.

    :param periods: number, first day, due date and days of each row, the same for all.
    :param principal, interest, fee, balance: minor units, shape (terms, rows).
    """

    indices: tuple[int, ...]
    periods: tuple[tuple[int, date, date, int], ...]
    principal: Minor
    interest: Minor
    fee: Minor
    balance: Minor

    def rows(self, line: int) -> tuple[Row, ...]:
        """Return one schedule as `build_schedule` does."""
        amounts = (self.principal[line], self.interest[line], self.fee[line], self.balance[line])
        cells = zip(*(column.tolist() for column in amounts), strict=True)
        return tuple(Row(*period, *cell) for period, cell in zip(self.periods, cells, strict=True))


class Quotes:
    """The schedules of many terms, in their order. `columns` holds those of common shapes, ready for sums."""

    def __init__(self, columns: Sequence[Columns], others: dict[int, tuple[Row, ...]]) -> None:
        self.columns = tuple(columns)
        self._others = others
        self._places = {index: (block, line) for block in columns for line, index in enumerate(block.indices)}

    def __len__(self) -> int:
        return len(self._places) + len(self._others)

    def __getitem__(self, index: int) -> tuple[Row, ...]:
        if index in self._others:
            return self._others[index]
        block, line = self._places[index]
        return block.rows(line)


def quote_many(terms: Sequence[ScheduleTerms]) -> Quotes:
    """
    Return the installments of many terms; each is exactly what `build_schedule` returns for it.

    :raises InvalidTerms: as `build_schedule`, for the first terms that are refused.
    """
    shapes: dict[tuple[object, ...], list[int]] = {}
    others: dict[int, tuple[Row, ...]] = {}
    for index, one in enumerate(terms):
        if _is_plain(one):
            shapes.setdefault(_shape(one), []).append(index)
        else:
            others[index] = build_schedule(one)
    columns = []
    for indices in shapes.values():
        block = _Block([terms[index] for index in indices])
        columns.append(block.columns(tuple(indices)))
    return Quotes(columns, others)


def _is_plain(terms: ScheduleTerms) -> bool:
    """Whether the rows follow from principal, rate and dates alone."""
    return (
        terms.method in (Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.BULLET)
        and terms.principal < _LARGEST
        and terms.annual_rate < 1
        and terms.remainder is Remainder.LAST
        and terms.rounding_unit == 1
        and terms.compounding is Compounding.NONE
        and terms.stub is Stub.SPREAD
        and not (terms.grace_principal or terms.grace_interest or terms.interest_free or terms.holidays)
        and not (terms.rate_changes or terms.tranches or terms.interest_only_months)
        and not any(fee.timing is FeeTiming.FINANCED or fee.base != "principal" for fee in terms.fees)
    )


def _shape(terms: ScheduleTerms) -> tuple[object, ...]:
    """Return what schedules that are computed together have in common."""
    return (
        terms.method, terms.count, terms.disbursed_on, terms.due_rule, terms.day_count, terms.accrual, terms.rounding,
        terms.business_day, terms.calendar, terms.adjusts_interest,
    )  # fmt: skip


class _Block:
    """Terms of one shape on their way to columns."""

    def __init__(self, terms: Sequence[ScheduleTerms]) -> None:
        self._terms = terms
        self._spans = spans_of(terms[0])
        self._years = [sum((piece.years for piece in span.pieces), Decimal(0)) for span in self._spans]
        self._rates = np.array([float(one.annual_rate) for one in terms])
        self._balloon = np.array([one.balloon for one in terms], dtype=np.int64)

    def columns(self, indices: tuple[int, ...]) -> Columns:
        shape = (len(self._terms), len(self._spans))
        principal, interest, balance = (np.zeros(shape, dtype=np.int64) for _column in range(3))
        left = np.array([one.principal for one in self._terms], dtype=np.int64)
        method = self._terms[0].method
        planned = self._planned(left) if method in (Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL) else None
        last = len(self._spans) - 1
        for row in range(last + 1):
            interest[:, row] = self._interest(left, row)
            if row == last:
                principal[:, row] = left
            elif planned is not None:
                wanted = planned - interest[:, row] if method is Method.EQUAL_INSTALLMENT else planned
                principal[:, row] = np.minimum(np.maximum(wanted, 0), left)
            if row < last and method is Method.EQUAL_PRINCIPAL:
                principal[:, row] = np.minimum(principal[:, row], np.maximum(left - self._balloon, 0))
            left = left - principal[:, row]
            balance[:, row] = left
        periods = tuple(
            (number, span.start, span.due_on, span.days) for number, span in enumerate(self._spans, start=1)
        )
        return Columns(indices, periods, principal, interest, self._fees(shape), balance)

    def _interest(self, balance: Minor, row: int) -> Minor:
        years = self._years[row]
        unrounded = balance * (self._rates * float(years))
        rounded = np.floor(unrounded + 0.5).astype(np.int64)
        for line in np.flatnonzero(np.abs(unrounded - np.floor(unrounded) - 0.5) < _DOUBTFUL).tolist():
            exact = int(balance[line]) * (self._terms[line].annual_rate * years)
            rounded[line] = to_minor(exact, Rounding.HALF_UP)
        return rounded

    def _planned(self, principal: Minor) -> Minor:
        """Return the rounded installment, or the rounded share of the principal."""
        mode = self._terms[0].rounding
        if self._terms[0].method is Method.EQUAL_PRINCIPAL:
            unrounded = (principal - self._balloon) / len(self._spans)
        else:
            unrounded = self._level(principal)
        low = np.floor(unrounded)
        part = unrounded - low
        near_half, near_whole = np.abs(part - 0.5) < _DOUBTFUL, np.minimum(part, 1 - part) < _DOUBTFUL
        rounded = (low + {Rounding.UP: 1, Rounding.DOWN: 0}.get(mode, part > 0.5)).astype(np.int64)
        doubtful = near_whole if mode in (Rounding.UP, Rounding.DOWN) else near_half
        for line in np.flatnonzero(doubtful).tolist():
            rounded[line] = to_minor(self._exact_plan(self._terms[line]), mode)
        return rounded

    def _level(self, principal: Minor) -> Floats:
        discount, annuity = np.ones(len(self._terms)), np.zeros(len(self._terms))
        for years in self._years:
            discount = discount / (1 + self._rates * float(years))
            annuity = annuity + discount
        level: Floats = (principal - self._balloon * discount) / annuity
        return level

    def _exact_plan(self, terms: ScheduleTerms) -> Decimal:
        if terms.method is Method.EQUAL_PRINCIPAL:
            return Decimal(terms.principal - terms.balloon) / len(self._spans)
        rates = [terms.annual_rate * years for years in self._years]
        return level_installment(terms.principal, rates, balloon=terms.balloon)

    def _fees(self, shape: tuple[int, int]) -> Minor:
        fee = np.zeros(shape, dtype=np.int64)
        for line, one in enumerate(self._terms):
            for amounts in fees_by_row(one.fees, one.principal, [0] * shape[1]) if one.fees else ():
                fee[line] += np.array(amounts, dtype=np.int64)
        return fee
