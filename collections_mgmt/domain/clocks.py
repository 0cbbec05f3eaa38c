"""The clock of something that waits for an answer by a day."""

from dataclasses import dataclass
from datetime import date, timedelta

from dashu.kernel.urgency import Urgency, urgency_of


@dataclass(frozen=True, slots=True)
class Clock:
    """:param days: that are left, or by which it is late; on the last day none is left and it is not late."""

    urgency: Urgency
    days: int


def clock_of(due_on: date, today: date, *, warn_days: int) -> Clock:
    left = due_on - today
    return Clock(urgency_of(left, soon=timedelta(days=warn_days)), abs(left.days))
