"""
When a delivery is tried again: eleven tries over nearly 24 hours, further apart each time, then it is given up.

Each wait is a little shorter than the table says, by chance, so that what failed together does not come back together.
"""

from datetime import datetime, timedelta

DELAYS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800))
MOST_TRIES = len(DELAYS) + 1
LONGEST_PATIENCE = timedelta(hours=1)
DISABLED_AFTER = timedelta(days=5)
PER_MILLE = 1_000
_JITTER = 100  # of a thousand


def next_try(*, tries: int, at: datetime, chance: int, retry_after: int | None = None) -> datetime | None:
    """
    Return when a delivery that failed is due again; None where it is given up.

    :param tries: how often it was tried by now.
    :param chance: 0 to 999, drawn anew each time.
    :param retry_after: seconds for which the receiver asked; no more than an hour of it is granted.
    """
    if tries >= MOST_TRIES:
        return None
    wait = DELAYS[tries - 1]
    wait -= wait * (_JITTER * chance) // (PER_MILLE * PER_MILLE)
    return at + max(wait, patience(retry_after))


def patience(retry_after: int | None) -> timedelta:
    return min(timedelta(seconds=retry_after or 0), LONGEST_PATIENCE)
