"""How pressing it is that something was promised by a day or a moment."""

from datetime import timedelta
from enum import StrEnum


class Urgency(StrEnum):
    IN_TIME = "in_time"
    SOON = "soon"
    OVERDUE = "overdue"


def urgency_of(left: timedelta, *, soon: timedelta) -> Urgency:
    """:param left: until what was promised; at that very day or moment nothing is left, and it is not late yet."""
    if left < timedelta():
        return Urgency.OVERDUE
    return Urgency.SOON if left <= soon else Urgency.IN_TIME
