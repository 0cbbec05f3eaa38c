"""The clock of something that waits for an answer by a day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Urgency(StrEnum):
    IN_TIME = "in_time"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Clock:
    """:param days: that are left, or by which it is late; on the last day none is left and it is not late."""

    urgency: Urgency
    days: int


def clock_of(due_on: date, today: date, *, warn_days: int) -> Clock:
    left = (due_on - today).days
    if left < 0:
        return Clock(Urgency.OVERDUE, -left)
    return Clock(Urgency.SOON if left <= warn_days else Urgency.IN_TIME, left)
