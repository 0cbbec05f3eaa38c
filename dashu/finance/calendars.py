"""
Business days: which days banks work, and where a due date moves that is not one of them.

`weekends` knows Saturdays and Sundays. `cn` is the yearly notice of the State Council's General Office, as the package
`chinesecalendar` publishes it: public holidays, and the Saturdays and Sundays that are worked to make up for them
(调休). The notice for a year comes late in the year before. Until then the calendar knows weekends and the holidays
whose date is fixed by the regulation on public holidays (全国年节及纪念日放假办法, as amended in 2024), and
`is_published` is False for such a day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chinese_calendar import holidays, workdays

from dashu.kernel.errors import DomainError, _


class BusinessDay(StrEnum):
    """What becomes of a date that is not a business day (ISDA 2006 definitions, section 4.12)."""

    NONE = "none"
    FOLLOWING = "following"
    MODIFIED_FOLLOWING = "modified_following"
    PRECEDING = "preceding"


class UnknownCalendar(DomainError):
    """No calendar has this code."""

    code = "unknown_calendar"


@dataclass(frozen=True, slots=True)
class Calendar:
    """
    One calendar of business days.

    :param is_business_day: answers for every date, also for those that nobody has published.
    :param is_published: whether the answer is final, because the year's holidays are known.
    """

    code: str
    is_business_day: Callable[[date], bool]
    is_published: Callable[[date], bool]


_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
_HOLIDAYS, _MAKE_UP_DAYS = frozenset(holidays), frozenset(workdays)
_PUBLISHED_YEARS = frozenset(day.year for day in _HOLIDAYS)


def _is_weekday(day: date) -> bool:
    return day.weekday() < _SATURDAY


def _is_published_in_china(day: date) -> bool:
    return day.year in _PUBLISHED_YEARS


def _is_business_day_in_china(day: date) -> bool:
    if _is_published_in_china(day):
        return day in _MAKE_UP_DAYS or (_is_weekday(day) and day not in _HOLIDAYS)
    return _is_weekday(day) and (day.month, day.day) not in _FIXED_HOLIDAYS


def _always(_day: date) -> bool:
    return True


WEEKENDS = Calendar("weekends", _is_weekday, _always)
CHINA = Calendar("cn", _is_business_day_in_china, _is_published_in_china)
CALENDARS = {calendar.code: calendar for calendar in (WEEKENDS, CHINA)}


def calendar_of(code: str, *, field: str = "calendar") -> Calendar:
    """:raises UnknownCalendar: naming the calendars that there are."""
    if code not in CALENDARS:
        raise UnknownCalendar(
            _("There is no calendar %(given)s. Choose one of: %(known)s."),
            field=field,
            params={"given": repr(code)[:40], "known": ", ".join(CALENDARS)},
        )
    return CALENDARS[code]


def adjusted(day: date, rule: BusinessDay, calendar: Calendar) -> date:
    """
    Return the business day that `day` moves to; `day` itself where it is one or where nothing moves.

    `modified_following` goes back instead where going forward would leave the month.
    """
    if rule is BusinessDay.NONE or calendar.is_business_day(day):
        return day
    if rule is BusinessDay.PRECEDING:
        return _nearest(day, calendar, -_ONE_DAY)
    following = _nearest(day, calendar, _ONE_DAY)
    if rule is BusinessDay.MODIFIED_FOLLOWING and following.month != day.month:
        return _nearest(day, calendar, -_ONE_DAY)
    return following


def business_day_after(day: date, count: int, calendar: Calendar) -> date:
    """Return the business day that is `count` of them after `day`, which itself does not count."""
    for _number in range(count):
        day = _nearest(day + _ONE_DAY, calendar, _ONE_DAY)
    return day


def _nearest(day: date, calendar: Calendar, step: timedelta) -> date:
    while not calendar.is_business_day(day):
        day += step
    return day
