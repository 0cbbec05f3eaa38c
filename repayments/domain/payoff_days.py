"""What ends a loan on each day of a stretch of days, and which of them asks for most."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from dashu.finance.loan import Contract, Payoff, Position, payoff_of

PARTS = ("principal", "interest", "fee", "penalty", "prepayment_fee", "rebate", "credit")


@dataclass(frozen=True, slots=True)
class PayoffDay:
    on: date
    payoff: Payoff

    @property
    def total(self) -> int:
        return self.payoff.total

    def as_json(self) -> dict[str, Any]:
        """Return the parts in minor units, their `total`, and the day."""
        return {"on": self.on.isoformat(), **asdict(self.payoff), "total": self.total}


def payoff_days(position: Position, contract: Contract, first: date, last: date) -> tuple[PayoffDay, ...]:
    """Return the payoff of every day from `first` to `last`, both included."""
    count = (last - first).days + 1
    days = (first + timedelta(days=step) for step in range(count))
    return tuple(PayoffDay(on, payoff_of(position, contract, on)) for on in days)


def highest(days: tuple[PayoffDay, ...]) -> PayoffDay:
    """Return the day that asks for most, the latest of several: its total suffices on every one of the days."""
    return max(days, key=lambda day: (day.total, day.on))
