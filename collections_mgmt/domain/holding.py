"""What pauses the count on the days of holds, beside pauses that somebody ordered for themselves."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from enum import StrEnum

Days = tuple[date, date | None]


class Turn(StrEnum):
    """PAUSE stops the count from its day on, RESUME lets its day count again."""

    PAUSE = "PAUSE"
    RESUME = "RESUME"


def turns_of_holds(
    holds: Collection[Days], own: Sequence[tuple[Turn, date]], *, through: date
) -> list[tuple[Turn, date]]:
    """
    Return the turns that holds need, in order, so that the count stands still on every day that one of them covers.

    :param holds: first and last day of each; None for the last day of one that runs on.
    :param own: the turns of other pauses, in order.
    :param through: no turn is needed on a later day yet.
    """
    ends = {end + timedelta(days=1) for _start, end in holds if end is not None}
    turns: list[tuple[Turn, date]] = []
    is_own = stands_still = False
    for on in sorted({*(start for start, _end in holds), *ends, *(day for _turn, day in own)}):
        if on > through:
            break
        for turn, day in own:
            if day == on:
                is_own = stands_still = turn is Turn.PAUSE
        is_held = any(start <= on and (end is None or on <= end) for start, end in holds)
        if (is_own or is_held) != stands_still:
            stands_still = not stands_still
            turns.append((Turn.PAUSE if stands_still else Turn.RESUME, on))
    return turns
