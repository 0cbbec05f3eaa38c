"""
Months of a credit record that speak against a person and follow one another: one event, which ends, and lapses.

征信业管理条例 art. 16: what is adverse is kept for five years from the end of the event, then it is gone.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from dashu.kernel.dates import add_months, month_end_of


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """Months that speak against a person without a break. :param followed_by: the next month that is noted, if any."""

    first: date
    last: date
    followed_by: date | None

    @property
    def is_over(self) -> bool:
        return self.followed_by is not None

    @property
    def ended_by(self) -> date | None:
        """A day by which it had ended for certain; None while it goes on."""
        return month_end_of(self.followed_by) if self.followed_by else None

    def covers(self, month: date) -> bool:
        return self.first <= month <= self.last

    def ended_on(self, caught_up: Collection[date]) -> date | None:
        """
        Return the day on which its arrears were paid; None while it goes on.

        :param caught_up: the days on which the loan was late no more, in order.
        """
        latest = self.ended_by
        if latest is None:
            return None
        # Whoever caught up within the last month was late again at its end; only then came the end of it.
        after = (day for day in caught_up if month_end_of(self.last) < day <= latest)
        within = [day for day in caught_up if self.last <= day <= month_end_of(self.last)]
        return next(after, within[-1] if within else latest)

    def gone_on(self, caught_up: Collection[date], kept_years: int) -> date | None:
        """Return the first day on which it is shown and told no more; None while it goes on."""
        ended_on = self.ended_on(caught_up)
        return add_months(ended_on, 12 * kept_years) if ended_on else None


def adverse_events(noted: Mapping[date, str], is_adverse: Callable[[str], bool]) -> list[AdverseEvent]:
    """
    Return the events of all months that are noted, the oldest first.

    A month that is missing ends none: what is not known is no better month.
    """
    events: list[AdverseEvent] = []
    run: list[date] = []
    for month in sorted(noted):
        if is_adverse(noted[month]):
            run.append(month)
        elif run:
            events.append(AdverseEvent(run[0], run[-1], followed_by=month))
            run = []
    if run:
        events.append(AdverseEvent(run[0], run[-1], followed_by=None))
    return events


def gone_months(
    noted: Mapping[date, str],
    is_adverse: Callable[[str], bool],
    *,
    caught_up: Collection[date],
    kept_years: int,
    today: date,
) -> set[date]:
    """Return the adverse months that are shown no more."""
    gone = set()
    for event in adverse_events(noted, is_adverse):
        gone_on = event.gone_on(caught_up, kept_years)
        if gone_on is not None and gone_on <= today:
            gone |= {month for month in noted if event.covers(month) and is_adverse(noted[month])}
    return gone
