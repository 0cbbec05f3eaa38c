"""When something that comes every week or every month is due next, by the lender's calendar."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta

from dashu.kernel.dates import LENDER_ZONE, add_months

WEEK, MONTH = "WEEK", "MONTH"


def next_moment(every: str, day: int, hour: int, *, after: datetime) -> datetime:
    """
    Return the first due moment later than `after`.

    :param day: of the week, Monday is 1; or of the month, whose last day stands for one that it does not have.
    :param hour: of the lender's day, 0 to 23.
    """
    today = after.astimezone(LENDER_ZONE).date()
    moments = (_at(on, hour) for on in _days(every, day, today))
    return next(moment for moment in moments if moment > after)


def _days(every: str, day: int, today: date) -> list[date]:
    """Return the due day of this week or month, and of the next."""
    if every == WEEK:
        this = today + timedelta(days=day - today.isoweekday())
        return [this, this + timedelta(days=7)]
    firsts = [today.replace(day=1), add_months(today.replace(day=1), 1)]
    return [first.replace(day=min(day, monthrange(first.year, first.month)[1])) for first in firsts]


def _at(on: date, hour: int) -> datetime:
    return datetime.combine(on, time(hour), tzinfo=LENDER_ZONE)
