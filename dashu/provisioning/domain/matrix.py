"""
How loans move between buckets in a month, and what follows from it for the months to come.

Two states end the story: DEFAULT, which nothing leaves here (what comes back after it is in the loss given default),
and PREPAID, where no exposure is left. A loan that ends on its last due date made no move: its exposure has an end by
its schedule already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

DEFAULT, PREPAID = "DEFAULT", "PREPAID"
ENDS = (DEFAULT, PREPAID)
PRECISION = 28
KEPT = Decimal("1e-12")  # probabilities and shares are kept, shown and calculated with to this digit

Counts = Mapping[tuple[str, str], int]


class Evidence(StrEnum):
    """What a row of a matrix is taken from: the product's own loans, the whole book's, or no loan at all."""

    OWN = "OWN"
    POOLED = "POOLED"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Row:
    """
    Where the loans of one bucket are a month later.

    :param counts: of each state of the matrix, in its order, then DEFAULT and PREPAID.
    """

    evidence: Evidence
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Matrix:
    """:param states: the buckets short of default, the best first. :param rows: one for each of them."""

    states: tuple[str, ...]
    rows: tuple[Row, ...]

    def shares(self, place: int) -> list[Decimal]:
        """Return the row as shares, in the order of its counts."""
        row = self.rows[place]
        with localcontext(prec=PRECISION):
            return [Decimal(count) / row.total for count in row.counts]


def matrix_of(states: Sequence[str], own: Counts, pooled: Counts, *, least: int) -> Matrix:
    """
    Return the matrix of a product.

    :param own, pooled: `{(bucket before, state): loans}`. A pair of a state that is not known is left out.
    :param least: loans of a bucket from which its own row is taken; else the pooled one. Where nobody was ever in a
        bucket, its loans are taken to be one bucket further after a month.
    """
    rows = []
    for place, state in enumerate(states):
        ours, all_of_them = _row(states, state, own), _row(states, state, pooled)
        if sum(ours) >= least:
            rows.append(Row(Evidence.OWN, ours))
        elif sum(all_of_them):
            rows.append(Row(Evidence.POOLED, all_of_them))
        else:
            rows.append(Row(Evidence.NONE, tuple(int(other == place + 1) for other in range(len(states) + len(ENDS)))))
    return Matrix(tuple(states), tuple(rows))


def _row(states: Sequence[str], state: str, counts: Counts) -> tuple[int, ...]:
    return tuple(counts.get((state, other), 0) for other in (*states, *ENDS))


def default_curve(matrix: Matrix, state: str, *, months: int, floor: Decimal = Decimal(0)) -> tuple[Decimal, ...]:
    """
    Return the probability of default in each of the months to come, of a loan that is in `state` today.

    It is the first row of the powers of the matrix: after t months the state is `today × matrix ^ t`, and the growth
    of DEFAULT in a month is the probability of that month.

    :param floor: the least probability of a year; each month has at least a twelfth of it.
    """
    with localcontext(prec=PRECISION):
        shares = [matrix.shares(place) for place in range(len(matrix.states))]
        now = [Decimal(each == state) for each in matrix.states]
        least, left, curve = floor / 12, Decimal(1), []
        for _month in range(months):
            after = [
                sum((held * row[target] for held, row in zip(now, shares, strict=True)), Decimal(0))
                for target in range(len(now) + 1)
            ]
            now, defaulted = after[:-1], after[-1]
            kept = min(left, max(defaulted, least)).quantize(KEPT)
            left -= kept
            curve.append(kept)
    return tuple(curve)


def shifted(curve: Sequence[Decimal], odds: Decimal) -> tuple[Decimal, ...]:
    """
    Return the curve when the odds of a default, month by month among those left, are `odds` times what they are.

    With h the share of those left that default in a month: h' = k·h / (1 − h + k·h).
    Source: shift of a logistic intercept (King and Zeng 2001, prior correction), taken for its plain meaning.
    """
    if odds == 1:
        return tuple(curve)
    with localcontext(prec=PRECISION):
        left, left_then, found = Decimal(1), Decimal(1), []
        for marginal in curve:
            hazard = marginal / left if left else Decimal(0)
            then = odds * hazard / (1 - hazard + odds * hazard)
            kept = min(left_then, (then * left_then).quantize(KEPT))
            found.append(kept)
            left, left_then = left - marginal, left_then - kept
    return tuple(found)
