"""The clock of an application that waits for a person: how much time is left of what was promised."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashu.kernel.urgency import Urgency, urgency_of

SOON = timedelta(hours=8)  # less than a working day


@dataclass(frozen=True, slots=True)
class Clock:
    """:param hours: whole hours that are left, or by which it is late; both rounded down."""

    urgency: Urgency
    hours: int


def clock_of(due_at: datetime, now: datetime) -> Clock:
    """Return how a promise stands; at the very moment that was promised it is not late yet."""
    left = due_at - now
    return Clock(urgency_of(left, soon=SOON), abs(left) // timedelta(hours=1))
