"""
Whether those who apply today are still like those a scorecard was trained on: the population stability index.

PSI = Σ (actual share − expected share) · ln(actual share / expected share), over the bins of the score or of one
characteristic. Source: domain notes 4.2, with two worked examples; the bars are custom, not law.
"""

import math
from collections.abc import Sequence
from enum import StrEnum

WATCH_FROM = 0.10
ACT_ABOVE = 0.25
LEAST_SHARE = 0.0001  # an empty bin counts as this share, so that one empty bin is large but finite


class Stability(StrEnum):
    STABLE = "stable"
    WATCH = "watch"
    ACT = "act"


def population_stability(expected: Sequence[float], actual: Sequence[float]) -> float:
    """
    Return the index of two distributions over the same bins; 0 where they are equal.

    :param expected, actual: counts or shares, 0 or more, in the same order; each has at least one above 0.
    """
    return sum(
        (now - then) * math.log(now / then) for then, now in zip(_shares(expected), _shares(actual), strict=True)
    )


def stability_of(index: float, *, watch_from: float = WATCH_FROM, act_above: float = ACT_ABOVE) -> Stability:
    """Below the first bar stable, from there to the second to be watched, above it somebody must act."""
    if index > act_above:
        return Stability.ACT
    return Stability.WATCH if index >= watch_from else Stability.STABLE


def _shares(values: Sequence[float]) -> list[float]:
    total = sum(values)
    assert total > 0, "a distribution of nobody has no shares"
    assert min(values) >= 0, "counts are not negative"
    return [max(value / total, LEAST_SHARE) for value in values]
