"""The clock of an application that waits for a person: how much time is left of what was promised."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SOON = timedelta(hours=8)  # less than a working day


class Urgency(StrEnum):
    IN_TIME = "in_time"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Clock:
    """:param hours: whole hours that are left, or by which it is late; both rounded down."""

    urgency: Urgency
    hours: int


def clock_of(due_at: datetime, now: datetime) -> Clock:
    """Return how a promise stands; at the very moment that was promised it is not late yet."""
    left = due_at - now
    if left < timedelta():
        return Clock(Urgency.OVERDUE, -left // timedelta(hours=1))
    return Clock(Urgency.SOON if left <= SOON else Urgency.IN_TIME, left // timedelta(hours=1))
