"""
Repayment schedules: what is to be paid on which day, and which part of it is principal, interest and fee.

Interest of a period is rounded half-up to the minor unit, piece by piece; the installment is rounded by the product's
own mode and unit; by default the last installment absorbs what rounding left. Every schedule ends with a balance of
exactly 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from dashu.finance.amortization import Part, amortize, amortize_as_before
from dashu.finance.fees import IN_ROWS, Fee, fees_by_row
from dashu.finance.spans import Span, spans_of
from dashu.finance.terms import ScheduleTerms


@dataclass(frozen=True, slots=True)
class Row:
    """
    One installment. Amounts in minor units.

    :param days: of the period, as the day count counts them.
    :param balance: the principal left after it.
    :param advanced: paid out to the borrower during the period, without the first payout.
    :param capitalized: interest of the period that was added to the principal.
    """

    number: int
    period_from: date
    due_on: date
    days: int
    principal: int
    interest: int
    fee: int
    balance: int
    advanced: int = 0
    capitalized: int = 0

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    The rows with what they were made from.

    :param parts, spans: one for each row, see `dashu.finance.amortization` and `dashu.finance.spans`.
    :param fees: for each fee of the installments its amount in each row.
    """

    terms: ScheduleTerms
    rows: tuple[Row, ...]
    parts: tuple[Part, ...]
    spans: tuple[Span, ...]
    fees: tuple[tuple[int, ...], ...]

    def fee_totals(self) -> list[tuple[Fee, int]]:
        """Return every fee and what it comes to over the loan; for one on an event, what it would come to once."""
        by_row = iter(self.fees)
        return [
            (fee, sum(next(by_row)) if fee.timing in IN_ROWS else fee.of(self.terms.principal))
            for fee in self.terms.fees
        ]


@lru_cache(maxsize=256)
def build_schedule(terms: ScheduleTerms) -> tuple[Row, ...]:
    """
    Return the installments of `terms`, oldest first.

    Bullet has one row, at the end of the last period. Principal sums to the amount financed and capitalized interest,
    no component is negative, and the last balance is 0.

    :raises InvalidTerms: what only shows when the rows are computed, such as an installment below its interest.
    """
    return detailed_schedule(terms).rows


def detailed_schedule(terms: ScheduleTerms) -> Schedule:
    """Return the installments of `terms` with every piece of interest and every fee that they are made of."""
    spans = spans_of(terms)
    first_advance = terms.amount_financed - sum(tranche.minor for tranche in terms.tranches)
    parts = amortize(terms, spans, first_advance)
    spans = spans[: len(parts)]
    fees = fees_by_row(terms.fees, terms.principal, _balances_before(parts, first_advance)) if terms.fees else []
    rows = _rows(spans, parts, fees, first_advance)
    assert sum(part.principal for part in parts) == terms.amount_financed + sum(part.capitalized for part in parts)
    assert rows[-1].balance == 0
    assert all(row.principal >= 0 and row.interest >= 0 and row.fee >= 0 for row in rows)
    return Schedule(terms, rows, tuple(parts), tuple(spans), tuple(tuple(fee) for fee in fees))


def remaining_parts(terms: ScheduleTerms, done: int, balance: int) -> list[tuple[int, int]]:
    """
    Return principal and interest of the installments after the first `done`, when `balance` is what they repay.

    :param balance: minor units, more than 0; a balloon is never more than it.
    """
    return [(part.principal, part.interest) for part in amortize(terms, spans_of(terms)[done:], balance)]


def remaining_parts_keeping(
    terms: ScheduleTerms, done: int, balance: int, kept: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """
    Return principal and interest of the installments after the first `done`, each at most what it was before.

    With a smaller balance the later ones become 0: the term is shorter and the installment the same.

    :param kept: principal and interest of each installment before, whose sum stays; of equal principal, the principal.
    """
    spans = spans_of(terms)[done:]
    return [(part.principal, part.interest) for part in amortize_as_before(terms, spans, balance, kept)]


def _balances_before(parts: Sequence[Part], balance: int) -> list[int]:
    balances = []
    for part in parts:
        balances.append(balance + part.advanced)
        balance += part.advanced + part.capitalized - part.principal
    return balances


def _rows(spans: Sequence[Span], parts: Sequence[Part], fees: Sequence[Sequence[int]], balance: int) -> tuple[Row, ...]:
    rows = []
    for index, (span, part) in enumerate(zip(spans, parts, strict=True)):
        balance += part.advanced + part.capitalized - part.principal
        fee = sum(amounts[index] for amounts in fees) if fees else 0
        rows.append(
            Row(
                index + 1, span.start, span.due_on, span.days, part.principal, part.interest, fee, balance,
                part.advanced, part.capitalized,
            )
        )  # fmt: skip
    return tuple(rows)
