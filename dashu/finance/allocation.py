"""
Which part of a payment pays what: the waterfall, given as data.

By installment, the oldest installment is paid whole, component by component, before the next one gets anything; by
component, one component of all due installments is paid before the next component. The penalty belongs to the loan:
it takes its place in the order once, at the oldest due installment; where it comes last, after all due installments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain

from dashu.finance.installments import Component, Installment


class Direction(StrEnum):
    BY_INSTALLMENT = "by_installment"
    BY_COMPONENT = "by_component"


class Surplus(StrEnum):
    """
    What happens to money beyond what is due.

    It pays the next installments, or the last ones backwards; it lowers the principal so that the later installments
    are smaller (`reduce_amount`) or fewer (`reduce_term`); or it stays as the borrower's credit until something falls
    due. Allocation leaves what lowers the principal or stays a credit unapplied.
    """

    NEXT_INSTALLMENT = "next_installment"
    LAST_INSTALLMENT = "last_installment"
    REDUCE_AMOUNT = "reduce_amount"
    REDUCE_TERM = "reduce_term"
    UNAPPLIED = "unapplied"


@dataclass(frozen=True, slots=True)
class Waterfall:
    order: tuple[Component, ...] = (Component.FEE, Component.INTEREST, Component.PRINCIPAL, Component.PENALTY)
    direction: Direction = Direction.BY_INSTALLMENT
    surplus: Surplus = Surplus.NEXT_INSTALLMENT

    def __post_init__(self) -> None:
        if sorted(self.order) != sorted(Component):
            raise ValueError(f"a waterfall names each component once: {self.order}")


@dataclass(frozen=True, slots=True)
class Line:
    """`minor` of the payment pays `component`; `number` is the installment, None for the penalty."""

    number: int | None
    component: Component
    minor: int


@dataclass(frozen=True, slots=True)
class Allocation:
    lines: tuple[Line, ...]
    unapplied: int

    def of(self, component: Component) -> int:
        return sum(line.minor for line in self.lines if line.component is component)

    def then(self, other: "Allocation") -> "Allocation":
        """Return both in one: `other` is how what this one left was used."""
        sums: dict[tuple[int | None, Component], int] = {}
        for line in (*self.lines, *other.lines):
            key = (line.number, line.component)
            sums[key] = sums.get(key, 0) + line.minor
        return Allocation(tuple(Line(*key, minor) for key, minor in sums.items()), other.unapplied)


def allocate(
    amount: int, installments: Sequence[Installment], penalty: int, on: date, waterfall: Waterfall
) -> Allocation:
    """
    Return how `amount`, received on `on`, is used.

    :param amount: minor units, not negative.
    :param penalty: minor units of penalty charged and unpaid.
    :returns: lines without zeros; lines and unapplied sum to `amount`.
    """
    due = [row for row in installments if row.due_on <= on]
    later = _in_advance([row for row in installments if row.due_on > on], waterfall.surplus)
    lines, left = [], amount
    for number, component, owed in chain(_claims(due, penalty, waterfall), _claims(later, 0, waterfall)):
        paid = min(left, owed)
        if paid > 0:
            lines.append(Line(number, component, paid))
            left -= paid
        if left == 0:
            break
    allocation = Allocation(tuple(lines), left)
    assert sum(line.minor for line in lines) + allocation.unapplied == amount
    return allocation


def _in_advance(later: list[Installment], surplus: Surplus) -> list[Installment]:
    """Return the installments that money beyond what is due pays, in their order."""
    if surplus is Surplus.NEXT_INSTALLMENT:
        return later
    return later[::-1] if surplus is Surplus.LAST_INSTALLMENT else []


def _claims(
    rows: Sequence[Installment], penalty: int, waterfall: Waterfall
) -> Iterator[tuple[int | None, Component, int]]:
    """Yield what is claimed in the order in which it is to be paid."""
    if not rows:
        yield None, Component.PENALTY, penalty
        return
    # Last in the order is last of all: what is paid first stops the days past due.
    row_with_penalty = rows[-1] if waterfall.order[-1] is Component.PENALTY else rows[0]
    open_rows = [row for row in rows if row.unpaid or row is row_with_penalty]
    if waterfall.direction is Direction.BY_COMPONENT:
        pairs = ((row, component) for component in waterfall.order for row in open_rows)
    else:
        pairs = ((row, component) for row in open_rows for component in waterfall.order)
    for row, component in pairs:
        if component is not Component.PENALTY:
            yield row.number, component, row.unpaid_of(component)
        elif row is row_with_penalty:
            yield None, component, penalty
