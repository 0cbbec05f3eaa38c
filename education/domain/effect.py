"""
What pointing people to a lesson does for payment in time, from a randomized encouragement with a holdout.

The draw is what is compared, whether anybody then read or not (intention to treat), so nobody's own choice is mixed up
with the effect. What reading does for those who read because they were pointed to it (the complier average causal
effect) follows from it by the share of them, under the usual assumption that a card that is not read does nothing.
These are no amounts, so floats will do.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from dashu.kernel.shares import Z_95, Difference, Share, difference

Z_80 = 0.841621
# A weaker draw than this (F below 10, Staiger and Stock 1997) says nothing about those who read.
LEAST_F = 10.0
# Beyond so many standard deviations the parts were not alike when they were drawn (Austin 2009).
MOST_APART = 0.1


class Verdict(StrEnum):
    """What can be said honestly."""

    TOO_FEW = "TOO_FEW"
    NOT_SEEN = "NOT_SEEN"
    HELPS = "HELPS"
    HARMS = "HARMS"


@dataclass(frozen=True, slots=True)
class Part:
    """
    One part of the draw.

    :param total: persons with an outcome. :param in_time: who paid everything in time. :param opened: who opened the
        lesson. :param both: who did both. :param without: who have no outcome, because nothing fell due.
    """

    total: int
    in_time: int
    opened: int
    both: int
    without: int = 0

    def __post_init__(self) -> None:
        assert 0 <= self.both <= min(self.in_time, self.opened) <= max(self.in_time, self.opened) <= self.total, self

    @property
    def outcome(self) -> Share:
        return Share(self.in_time, self.total)

    @property
    def uptake(self) -> Share:
        return Share(self.opened, self.total)


@dataclass(frozen=True, slots=True)
class Found:
    """
    :param effect: of pointing to the lesson, in shares of people; None while a part has nobody.
    :param of_reading: of reading it, for those who read because they were pointed to it; None where unknown.
    :param detectable: the smallest effect that so many people would show four times of five; None as for `effect`.
    """

    encouraged: Part
    held_out: Part
    effect: Difference | None
    of_reading: Difference | None
    detectable: float | None
    verdict: Verdict


def judged(encouraged: Part, held_out: Part, *, least: int) -> Found:
    """
    Return what can be said of one moment.

    :param least: persons with an outcome in each part below which nothing is said.
    """
    found = difference(encouraged.outcome, held_out.outcome)
    return Found(
        encouraged,
        held_out,
        found,
        of_reading(encouraged, held_out),
        detectable(encouraged.total, held_out.outcome),
        _verdict(found, min(encouraged.total, held_out.total), least),
    )


def of_reading(encouraged: Part, held_out: Part) -> Difference | None:
    """
    Return the effect on those who read because they were pointed to it, with its 95% interval; None where the draw
    moved too few of them.

    Source: Wald's estimator, its interval by the delta method (Angrist, Imbens and Rubin 1996; Bloom 1984); worked
    case: 200 people each, 160 and 150 in time, 100 and 0 read: 0.1 points of effect for each of reading.
    """
    if not encouraged.total or not held_out.total:
        return None
    parts = (encouraged, held_out)
    paid = [part.in_time / part.total for part in parts]
    read = [part.opened / part.total for part in parts]
    moved = read[0] - read[1]
    of_moved = sum(share * (1 - share) / part.total for share, part in zip(read, parts, strict=True))
    if moved <= 0 or (of_moved > 0 and moved * moved / of_moved < LEAST_F):
        return None
    value = (paid[0] - paid[1]) / moved
    of_paid = sum(share * (1 - share) / part.total for share, part in zip(paid, parts, strict=True))
    together = sum(
        (part.both / part.total - paid_share * read_share) / part.total
        for part, paid_share, read_share in zip(parts, paid, read, strict=True)
    )
    spread = Z_95 * sqrt(max(0.0, of_paid + value * value * of_moved - 2 * value * together)) / moved
    return Difference(value, value - spread, value + spread)


def detectable(encouraged: int, held_out: Share) -> float | None:
    """
    Return the smallest effect that would be seen four times of five (two-sided, 5%), by the share that pays in time
    without it; None while a part has nobody.

    Source: normal approximation; worked case 500 each at one half: 0.0886.
    """
    if not encouraged or held_out.rate is None:
        return None
    # With nobody, or everybody, in time the spread is not 0; half a person more or less says how large it may be.
    share = (held_out.count + 0.5) / (held_out.total + 1)
    return (Z_95 + Z_80) * sqrt(share * (1 - share) * (1 / encouraged + 1 / held_out.total))


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of the day of the draw in one part. :param spread: the standard deviation."""

    mean: float
    spread: float


def apart(encouraged: Measured, held_out: Measured) -> float:
    """Return by how many standard deviations two parts differ; 0 where nobody differs from anybody."""
    pooled = sqrt((encouraged.spread**2 + held_out.spread**2) / 2)
    return (encouraged.mean - held_out.mean) / pooled if pooled else 0.0


def drawn_as_said(encouraged: int, held_out: int, *, share_bps: int) -> bool:
    """Whether as many were held out as the rule says, but for chance once in a thousand."""
    total, share = encouraged + held_out, share_bps / 10_000
    spread = sqrt(total * share * (1 - share))
    return abs(held_out - total * share) <= 3.290527 * spread + 0.5


def _verdict(found: Difference | None, fewest: int, least: int) -> Verdict:
    if found is None or fewest < least:
        return Verdict.TOO_FEW
    if not found.is_clear:
        return Verdict.NOT_SEEN
    return Verdict.HELPS if found.value > 0 else Verdict.HARMS
