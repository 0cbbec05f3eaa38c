"""Due dates: every n days, weeks or months from one anchor, keeping day 31 where a month has it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dashu.kernel.dates import add_months


class Period(StrEnum):
    MONTH = "month"
    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class DueRule:
    """
    Where the due dates fall.

    :param first_due_on: None: one period after the start.
    :param due_day: day of the month that a monthly rule aims at; None: that of the first due date or of the start.
    """

    period: Period
    every: int = 1
    first_due_on: date | None = None
    due_day: int | None = None

    def due_dates(self, start: date, count: int) -> list[date]:
        """Return `count` due dates after `start`, counted from one anchor: 31 Jan → 28 Feb → 31 Mar."""
        anchor, first = (self.first_due_on, 0) if self.first_due_on else (start, 1)
        return [self._step(anchor, n) for n in range(first, first + count)]

    @property
    def is_consistent(self) -> bool:
        """Whether the first due date, if given, is where a due day, if given, would put it."""
        if self.first_due_on is None or self.due_day is None or self.period is not Period.MONTH:
            return True
        return self._step(self.first_due_on, 0) == self.first_due_on

    def starts_regularly(self, start: date) -> bool:
        """Whether the first period is exactly one period long, with no stub."""
        if self.first_due_on is None:
            return self.due_day in (None, start.day)
        return self.first_due_on == self._step(start, 1)

    def first_period(self, start: date) -> Decimal:
        """
        Return how many periods lie between `start` and the first due date; 1 unless there is a stub.

        Whole periods are counted back from the due date; the days left over count as part of 30 days, a week or a day.
        """
        if self.starts_regularly(start):
            return Decimal(1)
        first, whole = self.due_dates(start, 1)[0], 0
        while self._step(first, -(whole + 1)) >= start:
            whole += 1
        rest = (self._step(first, -whole) - start).days
        return whole + Decimal(rest) / (self.every * {Period.MONTH: 30, Period.WEEK: 7, Period.DAY: 1}[self.period])

    @property
    def a_year(self) -> Decimal:
        """Periods in a year by the rate's convention: 12 months, 52 weeks or 365 days, over `every`."""
        return Decimal({Period.MONTH: 12, Period.WEEK: 52, Period.DAY: 365}[self.period]) / self.every

    def _step(self, anchor: date, n: int) -> date:
        if self.period is Period.MONTH:
            return add_months(anchor, n * self.every, day=self.due_day)
        return anchor + timedelta(days=n * self.every * (7 if self.period is Period.WEEK else 1))
