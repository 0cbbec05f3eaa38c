"""When and how often borrowers are written to, as a policy pack writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dashu.policy.plain import count


@dataclass(frozen=True, slots=True)
class Cap:
    """The most messages to one person in the lender's day, in 7 days and in 30 days, over all channels outside."""

    day: int
    week: int
    month: int


@dataclass(frozen=True, slots=True)
class ReminderSchedule:
    """
    Days after the due date on which a reminder goes out, by risk segment; negative days lie before it.

    :param new_within_days: a borrower is new for so many days after the start of their first loan.
    :param late_within_days: a loan that was behind counts as previously late for so many days after it caught up.
    """

    new_within_days: int
    late_within_days: int
    segments: Mapping[str, tuple[int, ...]]

    @property
    def pairs(self) -> list[tuple[str, int]]:
        return [(segment, day) for segment, days in self.segments.items() for day in days]


# A loan belongs to the first of these that fits it.
SEGMENTS = ("BEHIND", "PREVIOUSLY_LATE", "NEW", "STANDARD")


@dataclass(frozen=True, slots=True)
class Holdout:
    """The part of the borrowers, in 10,000, who get no reminder before the due date. An experiment is drawn anew."""

    experiment: str
    share_bps: int


@dataclass(frozen=True, slots=True)
class Retry:
    """How long a message that could not be handed over waits before each further try; then it is given up."""

    minutes: tuple[int, ...]

    @property
    def most_attempts(self) -> int:
        return len(self.minutes) + 1

    def wait_after(self, attempt: int) -> timedelta:
        """:param attempt: how many there were, at least one and fewer than `most_attempts`."""
        return timedelta(minutes=self.minutes[attempt - 1])


@dataclass(frozen=True, slots=True)
class Pause:
    """For how many days at a time a borrower may have no reminders sent. :param choices: what is offered, rising."""

    choices: tuple[int, ...]

    @property
    def longest(self) -> int:
        return self.choices[-1]


def caps_of(value: Any) -> Mapping[str, Cap]:
    """Read the caps by purpose of the message."""
    caps = {str(purpose): Cap(**{name: count(most) for name, most in cap.items()}) for purpose, cap in value.items()}
    if set(caps) != {"REMINDER", "MARKETING", "LEARNING"}:
        raise ValueError(f"expected caps of REMINDER, MARKETING and LEARNING, not {sorted(caps)}")
    for cap in caps.values():
        if not cap.day <= cap.week <= cap.month:
            raise ValueError(f"a longer time allows no fewer messages: {cap}")
    return caps


def schedule_of(value: Any) -> ReminderSchedule:
    segments = {str(name): tuple(_day(day) for day in days) for name, days in value["segments"].items()}
    if set(segments) != set(SEGMENTS):
        raise ValueError(f"expected the segments {', '.join(SEGMENTS)}, not {', '.join(sorted(segments))}")
    for name, days in segments.items():
        if list(days) != sorted(set(days)):
            raise ValueError(f"the days of {name} must rise: {list(days)}")
    return ReminderSchedule(count(value["new_within_days"]), count(value["late_within_days"]), segments)


def holdout_of(value: Any) -> Holdout:
    holdout = Holdout(str(value["experiment"]), count(value["share_bps"]))
    if not 0 <= holdout.share_bps <= 5000:
        raise ValueError(f"share_bps lies between 0 and 5000, not {holdout.share_bps}")
    if holdout.share_bps and not 0 < len(holdout.experiment) <= 40:
        raise ValueError("an experiment has a name of at most 40 characters")
    return holdout


def retry_of(value: Any) -> Retry:
    minutes = tuple(count(minute) for minute in value["minutes"])
    if not 1 <= len(minutes) <= 20 or not all(1 <= minute <= 1440 for minute in minutes):
        raise ValueError(f"minutes must be 1 to 20 waits of 1 to 1440 minutes, not {list(minutes)}")
    return Retry(minutes)


def pause_of(value: Any) -> Pause:
    days = tuple(count(day) for day in value["days"])
    if not 1 <= len(days) <= 6 or list(days) != sorted({day for day in days if 1 <= day <= 90}):
        raise ValueError(f"days must be 1 to 6 rising numbers from 1 to 90, not {list(days)}")
    return Pause(days)


def _day(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"expected a whole number, not {value!r}")
    if not -60 <= value <= 365:
        raise ValueError(f"a reminder goes out from 60 days before to 365 days after the due date, not {value}")
    return value
