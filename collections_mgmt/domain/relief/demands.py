"""What a loan still asks for from a day on: row by row, by payment, and by month."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashu.finance.annual_rates import DatedAmount
from dashu.finance.loan import Contract, Position, accrue


@dataclass(frozen=True, slots=True)
class Demand:
    """One installment with what is left to pay of it, minor units."""

    number: int
    due_on: date
    principal: int
    interest: int
    fee: int

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True, slots=True)
class Plan:
    """
    All that is left to pay of a loan as it stands on a day, if nothing is late from then on.

    :param penalty: charged up to the day before, and due at once.
    """

    on: date
    rows: tuple[Demand, ...]
    penalty: int

    @property
    def total(self) -> int:
        return self.penalty + sum(row.total for row in self.rows)

    @property
    def overdue(self) -> int:
        """What is due by the day and unpaid."""
        return self.penalty + sum(row.total for row in self.rows if row.due_on <= self.on)

    @property
    def charges_due(self) -> int:
        """Of what is due by the day, all but principal."""
        return self.penalty + sum(row.interest + row.fee for row in self.rows if row.due_on <= self.on)

    @property
    def to_come(self) -> tuple[Demand, ...]:
        return tuple(row for row in self.rows if row.due_on > self.on)

    @property
    def ends_on(self) -> date:
        return max((row.due_on for row in self.rows), default=self.on)

    @property
    def payments(self) -> list[DatedAmount]:
        """Return what is to be paid on each day, rising; what is overdue on the day itself."""
        asked: dict[date, int] = {}
        if self.penalty:
            asked[self.on] = self.penalty
        for row in self.rows:
            day = max(row.due_on, self.on)
            asked[day] = asked.get(day, 0) + row.total
        return sorted(asked.items())

    @property
    def first(self) -> DatedAmount:
        """The first payment; nothing on the day itself where nothing is left to pay."""
        return next(iter(self.payments), (self.on, 0))

    @property
    def highest(self) -> int:
        return max((minor for _on, minor in self.payments), default=0)

    @property
    def usual(self) -> int:
        """What most payments are; of those that are asked for as often, the highest."""
        counts = Counter(minor for _on, minor in self.payments)
        return max(counts, key=lambda minor: (counts[minor], minor), default=0)

    @property
    def by_month(self) -> list[DatedAmount]:
        """Return what each calendar month asks for, by its first day."""
        return monthly(self.payments)


def plan_of(position: Position, contract: Contract, on: date) -> Plan:
    position = accrue(position, contract, on - timedelta(days=1))
    rows = tuple(
        Demand(row.number, row.due_on, row.unpaid_principal, row.unpaid_interest, row.unpaid_fee)
        for row in sorted(position.installments, key=lambda row: (row.due_on, row.number))
        if row.unpaid
    )
    return Plan(on, rows, position.penalty_due(contract))


def monthly(payments: Sequence[DatedAmount]) -> list[DatedAmount]:
    asked: dict[date, int] = {}
    for day, minor in payments:
        first = day.replace(day=1)
        asked[first] = asked.get(first, 0) + minor
    return sorted(asked.items())
