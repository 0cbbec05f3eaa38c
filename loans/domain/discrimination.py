"""
How well groups or points tell good loans from bad ones, from counts alone.

Sign convention: good is the numerator, so a weight of evidence above 0 is better than the book's average. Groups and
points are given from the worst to the best. Statistics are floats: they describe a score and never touch money.
Source of the formulas and of the worked example in the tests: domain notes 4.2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_INFORMATION = 0.02  # below it a characteristic tells too little to be kept
SUSPICIOUS_INFORMATION = 0.5  # above it it may know the outcome already


@dataclass(frozen=True, slots=True)
class Counts:
    """How many loans of one group ended well and badly; whole numbers, 0 or more."""

    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Scaling:
    """How odds become points: `base` points at `odds` good to 1 bad, and `pdo` points more double the odds."""

    base: int = 600
    odds: int = 50
    pdo: int = 20

    @property
    def factor(self) -> float:
        return self.pdo / math.log(2)

    @property
    def offset(self) -> float:
        return self.base - self.factor * math.log(self.odds)

    def points(self, log_odds: float) -> float:
        return self.offset + self.factor * log_odds

    def bad_rate(self, points: float) -> float:
        """Return the share of bad loans that the points promise, between 0 and 1."""
        return 1 / (1 + math.exp((points - self.offset) / self.factor))


def weights_of_evidence(groups: Sequence[Counts]) -> list[float]:
    """
    Return ln((good_i / G) / (bad_i / B)) of each group.

    A group without any good or without any bad loan counts half a loan of each more, so that it stays finite.
    There must be both good and bad loans in all.
    """
    goods, bads = _totals(groups)
    return [math.log(good / goods / (bad / bads)) for good, bad in map(_smoothed, groups)]


def information_value(groups: Sequence[Counts]) -> float:
    """Return the sum of (good_i / G - bad_i / B) times the weight of evidence; 0 says nothing."""
    goods, bads = _totals(groups)
    weights = weights_of_evidence(groups)
    return sum((group.good / goods - group.bad / bads) * weight for group, weight in zip(groups, weights, strict=True))


def kolmogorov_smirnov(groups: Sequence[Counts]) -> float:
    """Return the largest distance of the shares of bad and of good loans up to a group, from 0 to 1."""
    goods, bads = _totals(groups)
    good = bad = 0
    widest = 0.0
    for group in groups:
        good += group.good
        bad += group.bad
        widest = max(widest, abs(bad / bads - good / goods))
    return widest


def area_under_curve(groups: Sequence[Counts]) -> float:
    """Return how often a good loan stands above a bad one, equal ones counted half; 0.5 is chance."""
    goods, bads = _totals(groups)
    bads_below = 0
    twice_won = 0
    for group in groups:
        twice_won += group.good * (2 * bads_below + group.bad)
        bads_below += group.bad
    return twice_won / (2 * goods * bads)


def gini(groups: Sequence[Counts]) -> float:
    return 2 * area_under_curve(groups) - 1


def _totals(groups: Sequence[Counts]) -> tuple[int, int]:
    goods, bads = sum(group.good for group in groups), sum(group.bad for group in groups)
    assert goods > 0, "there is no good loan to compare with"
    assert bads > 0, "there is no bad loan to compare with"
    return goods, bads


def _smoothed(group: Counts) -> tuple[float, float]:
    half = 0.5 if not group.good or not group.bad else 0.0
    return group.good + half, group.bad + half
