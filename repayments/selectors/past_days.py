"""One loan on any past day, as it is known now or as it was known at any moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dashu.finance.arrears import Arrears
from dashu.finance.loan import Contract, Position, accrue, arrears, effective_days_past_due
from dashu.finance.replay import Step
from loans.models import Loan
from repayments.selectors.lives import events_of, life_of


@dataclass(frozen=True, slots=True)
class LoanOnDay:
    """The loan at the end of a day, everything of that day counted in."""

    as_of: date
    position: Position
    contract: Contract

    @property
    def arrears(self) -> Arrears:
        return arrears(self.position, self.contract, self.as_of)

    @property
    def effective_days_past_due(self) -> int:
        return effective_days_past_due(self.position, self.contract, self.as_of)


def loan_on(loan: Loan, *, as_of: date, known_at: datetime | None = None) -> LoanOnDay | None:
    """
    Return the loan at the end of `as_of`; None before it was paid out, or before that was known.

    :param known_at: leave out what was posted at this moment or later.
    """
    return next(loan_by_day(loan, first=as_of, last=as_of, known_at=known_at), None)


def loan_by_day(loan: Loan, *, first: date, last: date, known_at: datetime | None = None) -> Iterator[LoanOnDay]:
    """Yield the loan at the end of each day from `first` to `last`, from the day on which it was paid out."""
    steps = _steps(loan, known_at)
    place, on = -1, first
    while on <= last:
        while place + 1 < len(steps) and steps[place + 1].on <= on:
            place += 1
        if place >= 0:
            step = steps[place]
            yield LoanOnDay(on, accrue(step.position, step.contract, on), step.contract)
        on += timedelta(days=1)


def _steps(loan: Loan, known_at: datetime | None) -> tuple[Step, ...]:
    events = events_of(loan, known_at=known_at)
    return life_of(loan, events).steps if events else ()
