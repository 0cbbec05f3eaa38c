"""
How well the points of a scorecard told apart what then came, and whether as many fell behind as they promised.

A loan is bad where it was ever more than so many days past due within so many months on book, and only loans that have
had those months count. Statistics are floats: they describe a score and never touch money.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from dashu.kernel.shares import Share
from loans.domain.discrimination import Counts, Scaling, area_under_curve, gini, kolmogorov_smirnov

LEAST_BAD = 10  # with fewer bad or good loans a curve says little and is marked


@dataclass(frozen=True, slots=True)
class Scored:
    """:param month: of the decision, its first day. :param loans: so many with these points and this outcome."""

    month: date
    points: int
    is_bad: bool
    loans: int


@dataclass(frozen=True, slots=True)
class Discrimination:
    """:param auc, ks, gini: None where all loans came out alike. :param month: None for all months together."""

    month: date | None
    loans: int
    bad: int
    auc: float | None
    ks: float | None
    gini: float | None

    @property
    def is_few(self) -> bool:
        return min(self.bad, self.loans - self.bad) < LEAST_BAD


@dataclass(frozen=True, slots=True)
class Band:
    """
    Loans whose points lie from `low` to below `below`.

    :param low, below: None at the ends. :param promised: the share of bad loans that the points stand for; None where
        there is no loan. :param found: the share that came.
    """

    low: int | None
    below: int | None
    promised: float | None
    found: Share

    @property
    def is_as_promised(self) -> bool | None:
        """Whether what was promised lies within the 95% interval of what came; None where there is no loan."""
        if self.promised is None:
            return None
        low, high = self.found.interval()
        return low <= self.promised <= high


def discrimination_by_month(scored: Iterable[Scored]) -> Sequence[Discrimination]:
    """Return each month of decision, the oldest first, and last all of them together, where there are any."""
    by_month: dict[date, list[Scored]] = {}
    everything = list(scored)
    for each in everything:
        by_month.setdefault(each.month, []).append(each)
    months = [_discrimination(month, by_month[month]) for month in sorted(by_month)]
    return [*months, _discrimination(None, everything)] if everything else []


def calibration(scored: Iterable[Scored], edges: Sequence[int], scaling: Scaling) -> Sequence[Band]:
    """
    Return the bands from the worst to the best.

    :param edges: points at which bands begin, rising.
    """
    loans, bad = [0] * (len(edges) + 1), [0] * (len(edges) + 1)
    promised = [0.0] * (len(edges) + 1)
    for each in scored:
        band = bisect_right(edges, each.points)
        loans[band] += each.loans
        bad[band] += each.loans if each.is_bad else 0
        promised[band] += each.loans * scaling.bad_rate(each.points)
    ends = [None, *edges, None]
    return [
        Band(low, below, promised[place] / loans[place] if loans[place] else None, Share(bad[place], loans[place]))
        for place, (low, below) in enumerate(pairwise(ends))
    ]


def _discrimination(month: date | None, scored: Sequence[Scored]) -> Discrimination:
    groups = _by_points(scored)
    loans, bad = sum(group.good + group.bad for group in groups), sum(group.bad for group in groups)
    if not bad or bad == loans:
        return Discrimination(month, loans, bad, None, None, None)
    return Discrimination(month, loans, bad, area_under_curve(groups), kolmogorov_smirnov(groups), gini(groups))


def _by_points(scored: Sequence[Scored]) -> list[Counts]:
    """Return good and bad loans by points, the worst first."""
    good: Counter[int] = Counter()
    bad: Counter[int] = Counter()
    for each in scored:
        (bad if each.is_bad else good)[each.points] += each.loans
    return [Counts(good[points], bad[points]) for points in sorted({*good, *bad})]
