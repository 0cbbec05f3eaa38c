"""Several payments that were agreed: whether they are sound as a plan, and whether they are kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Due:
    """One payment that was agreed, in minor units."""

    on: date
    minor: int


class State(StrEnum):
    RUNNING = "RUNNING"
    KEPT = "KEPT"
    BROKEN = "BROKEN"


def is_in_order(parts: Sequence[Due]) -> bool:
    """Whether there is at least one part, all are for more than 0, and each is later than the one before."""
    days = [part.on for part in parts]
    return bool(parts) and all(part.minor > 0 for part in parts) and days == sorted(set(days))


def state_on(
    parts: Sequence[Due], paid: Iterable[tuple[date, int]], *, on: date, days: int, share: Decimal = Decimal(1)
) -> State:
    """
    Return how a plan stands at the end of a day.

    It is kept as soon as enough of all parts has come in, up to the grace of the last one. It is broken on the day on
    which the grace of a part ends while less than its share of this part and all before it has come in by then.

    :param paid: what came in since it was agreed, by day.
    :param days: of grace after the day of a part. :param share: of an amount that has to come in.
    """
    received = [(day, minor) for day, minor in paid if day <= on]
    grace, wanted = timedelta(days=days), 0
    for part in parts:
        wanted += part.minor
        if part.on + grace <= on and _by(received, part.on + grace) < wanted * share:
            return State.BROKEN
    is_paid = _by(received, parts[-1].on + grace) >= wanted * share
    return State.KEPT if is_paid else State.RUNNING


def _by(paid: Iterable[tuple[date, int]], last: date) -> int:
    return sum(minor for day, minor in paid if day <= last)
