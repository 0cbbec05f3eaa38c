"""
Due dates: every n days, weeks, half months, months, quarters or years, counted from one anchor.

A day that a month does not have falls on the month's last day, and the next month takes the day up again: 31 Jan → 28
Feb → 31 Mar. A half month is a pair of due days 15 days apart in every month (the 1st and 16th, the 15th and 30th), or
any pair that is named, as payrolls do (the 15th and the last day). Stubs and periods a year are counted as US
Regulation Z does (12 CFR 1026, appendix J (b)(5)).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dashu.kernel.dates import add_months
from dashu.kernel.errors import DomainError, _


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"
    HALF_MONTH = "half_month"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_DAYS = {Period.DAY: 1, Period.WEEK: 7}
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
_A_YEAR = {
    Period.DAY: 365,
    Period.WEEK: 52,
    Period.HALF_MONTH: 24,
    Period.MONTH: 12,
    Period.QUARTER: 4,
    Period.YEAR: 1,
}
_HALF_MONTH_DAYS = 15
_LATEST_FIRST_OF_PAIR = 27  # so that February has two due dates
_LAST_DAY = 31


class InvalidDueRule(DomainError):
    """The parts of a due rule contradict each other; `field` names the one to change."""

    code = "invalid_due_rule"


@dataclass(frozen=True, slots=True)
class DueRule:
    """
    Where the due dates fall.

    :param first_due_on: None: one period after the start; of half months, the next due day after it.
    :param due_day: day of the month that a rule of half months, months, quarters or years aims at; None: that of the
        first due date or of the start.
    :param second_due_day: of half months, the later due day of a month; None: 15 days from the other one.
    :param end_of_month: counted from the last day of a month, every due date is the last of its month (28 Feb → 31
        Mar), as ISDA and QuantLib's schedules have it; half months then fall on the 15th and the last day.
    """

    period: Period
    every: int = 1
    first_due_on: date | None = None
    due_day: int | None = None
    second_due_day: int | None = None
    end_of_month: bool = False

    def __post_init__(self) -> None:
        self._refuse_contradictions()

    def due_dates(self, start: date, count: int) -> list[date]:
        """Return `count` due dates after `start`, counted from one anchor: 31 Jan → 28 Feb → 31 Mar."""
        anchor, first = (self.first_due_on, 0) if self.first_due_on else (start, 1)
        return [self._step(anchor, n) for n in range(first, first + count)]

    @property
    def is_consistent(self) -> bool:
        """Whether the first due date, if given, is where a due day, if given, would put it."""
        if self.first_due_on is None or self.due_day is None or self.period in _DAYS:
            return True
        if self.period is Period.HALF_MONTH:
            return self.first_due_on in (add_months(self.first_due_on, 0, day=day) for day in self._pair(self.due_day))
        return self._step(self.first_due_on, 0) == self.first_due_on

    def a_period_before(self, due_on: date) -> date:
        """Return the day one period before a due date."""
        return self._step(due_on, -1)

    def starts_regularly(self, start: date) -> bool:
        """Whether the first period is exactly one period long, with no stub."""
        starts_on_a_due_day = self._step(start, 0) == start
        return starts_on_a_due_day and self.due_dates(start, 1)[0] == self._step(start, 1)

    def first_period(self, start: date) -> Decimal:
        """
        Return how many periods lie between `start` and the first due date; 1 unless there is a stub.

        Full months are counted back from the due date and are 30 days each; the days left over join them, and the
        sum is divided by the 15, 30, 90 … days of a period. Of years, months left over are twelfths of a year, and
        days left over make the rest count in days of a year of 365. Weeks and days are counted in days.
        """
        if self.starts_regularly(start):
            return Decimal(1)
        first = self.due_dates(start, 1)[0]
        if self.months is None:
            return Decimal((first - start).days) / (self.every * _DAYS[self.period])
        months = 0
        while self._months_back(first, months + 1) >= start:
            months += 1
        rest = (self._months_back(first, months) - start).days
        if self.months % 12:
            return (30 * months + rest) / (30 * self.months)
        years, months = divmod(months, 12)
        beyond = (self._months_back(first, 12 * years) - start).days
        return (years + (Decimal(beyond) / 365 if rest else Decimal(months) / 12)) / (self.months / 12)

    @property
    def months(self) -> Decimal | None:
        """Months in one period: 0.5 for half a month, 3 for a quarter; None for days and weeks."""
        if self.period is Period.HALF_MONTH:
            return Decimal(self.every) / 2
        return None if self.period in _DAYS else Decimal(self.every * _MONTHS[self.period])

    @property
    def a_year(self) -> Decimal:
        """Periods in a year by the rate's convention: 365 days, 52 weeks, 24 half months, 12 months …, over `every`."""
        return Decimal(_A_YEAR[self.period]) / self.every

    def _step(self, anchor: date, n: int) -> date:
        if self.period in _DAYS:
            return anchor + timedelta(days=n * self.every * _DAYS[self.period])
        if self.period is Period.HALF_MONTH:
            return self._half_months_from(anchor, n * self.every)
        return add_months(anchor, n * self.every * _MONTHS[self.period], day=self._day(anchor))

    def _half_months_from(self, anchor: date, n: int) -> date:
        """Return the n-th due day after the latest one that is not after the anchor."""
        pair = self._pair(self._day(anchor))
        reached = sum(add_months(anchor, 0, day=day) <= anchor for day in pair)
        months, half = divmod(reached - 1 + n, 2)
        return add_months(anchor, months, day=pair[half])

    def _pair(self, day: int) -> tuple[int, int]:
        if self.due_day and self.second_due_day:
            return self.due_day, self.second_due_day
        if self.end_of_month and day == _LAST_DAY:
            return _HALF_MONTH_DAYS, _LAST_DAY
        earlier = day if day <= _HALF_MONTH_DAYS else day - _HALF_MONTH_DAYS
        return earlier, earlier + _HALF_MONTH_DAYS

    def _day(self, anchor: date) -> int:
        """Return the day of the month that dates counted from the anchor aim at."""
        if self.end_of_month and (anchor + timedelta(days=1)).day == 1:
            return _LAST_DAY
        return self.due_day or anchor.day

    def _months_back(self, due_on: date, months: int) -> date:
        day = self._day(due_on)
        if self.period is Period.HALF_MONTH:
            day = next(day for day in self._pair(day) if add_months(due_on, 0, day=day) == due_on)
        return add_months(due_on, -months, day=day)

    def _refuse_contradictions(self) -> None:
        if self.second_due_day is not None:
            if self.period is not Period.HALF_MONTH:
                raise InvalidDueRule(_("Only half months have a second due day."), field="second_due_day")
            if self.due_day is None or not self.due_day < self.second_due_day <= _LAST_DAY:
                raise InvalidDueRule(
                    _("The second due day comes after the due day in the month, and both are given."),
                    field="second_due_day",
                )
            if self.due_day > _LATEST_FIRST_OF_PAIR:
                raise InvalidDueRule(
                    _("The earlier of two due days is at most the 27th, for February to have both."), field="due_day"
                )
        if self.end_of_month and self.period in _DAYS:
            raise InvalidDueRule(_("Days and weeks do not follow the end of the month."), field="end_of_month")
        if self.end_of_month and self.due_day is not None:
            raise InvalidDueRule(_("Give a due day or follow the end of the month, not both."), field="end_of_month")
