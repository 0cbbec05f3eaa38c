"""
Calendar dates and the business clock.

A lender's day is a date in the lender's time zone. Domain code gets dates passed in; only views, tasks and commands
ask this clock.
"""

from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, date, datetime
from zoneinfo import ZoneInfo

from dashu.kernel.errors import DomainError, _

LENDER_ZONE = ZoneInfo("Asia/Shanghai")
EARLIEST_YEAR, LATEST_YEAR = 1970, 2199


class DateOutOfRange(DomainError):
    """A date that follows from what was asked lies beyond the years of the calendar."""

    code = "date_out_of_range"


class InvalidDate(DomainError):
    """A date is not ISO 8601, or lies outside the range that the field asks for."""

    code = "invalid_date"


def lender_now() -> datetime:
    return datetime.now(LENDER_ZONE)


def lender_today() -> date:
    return lender_now().date()


def midnight(day: date) -> datetime:
    """Return the moment at which the day begins for the lender."""
    return datetime(day.year, day.month, day.day, tzinfo=LENDER_ZONE)


def lender_date(moment: datetime) -> date:
    """Return the lender's day of an aware moment."""
    return moment.astimezone(LENDER_ZONE).date()


def parse_date(value: object, *, field: str) -> date:
    """Read an ISO date such as 2026-01-31, between 1970 and 2199."""
    if isinstance(value, str) and len(value) == 10:
        try:
            parsed = date.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed and EARLIEST_YEAR <= parsed.year <= LATEST_YEAR:
            return parsed
    raise InvalidDate(
        _("%(given)s is not a date. Write it as year-month-day, for example 2026-01-31."),
        field=field,
        params={"given": repr(value)[:40]},
    )


def month_end_of(day: date) -> date:
    """Return the last day of the month of a day."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(anchor: date, months: int, *, day: int | None = None) -> date:
    """
    Return the date `months` after `anchor`, on `day` or the month's last day when the month is shorter.

    Always count from the same anchor, never from the previous result: 31 Jan → 28 Feb → 31 Mar.

    :raises DateOutOfRange: no calendar has that year.
    """
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise DateOutOfRange(_("Choose a nearer day: no calendar reaches as far as this would go."))
    return date(year, month0 + 1, min(day or anchor.day, monthrange(year, month0 + 1)[1]))
