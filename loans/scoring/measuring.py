"""
How well a score did on applicants it was not trained on, each figure with a 95% interval.

The interval is that of the percentile bootstrap: applicants are drawn anew, with a fixed seed, as many as there are.
All figures are of the whole points that an applicant would get, not of a finer score behind them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from loans.domain.discrimination import Counts, Scaling, area_under_curve, kolmogorov_smirnov

DECIMALS = 4
FEWEST_IN_GROUP = 30
Interval = list[float] | None


@dataclass(frozen=True)
class Outcomes:
    """Scored applicants: points, and True where the loan ended well."""

    points: "np.ndarray[Any, np.dtype[np.int64]]"
    good: "np.ndarray[Any, np.dtype[np.bool_]]"

    def at(self, places: Any) -> "Outcomes":
        return Outcomes(self.points[places], self.good[places])

    @property
    def is_one_sided(self) -> bool:
        """Whether nobody, or everybody, is good: then nothing can be told apart."""
        return bool(self.good.all() or not self.good.any())

    def counts(self) -> list[Counts]:
        """Return the outcomes by points, the worst first."""
        lowest = int(self.points.min())
        goods = np.bincount(self.points[self.good] - lowest, minlength=int(self.points.max()) - lowest + 1)
        bads = np.bincount(self.points[~self.good] - lowest, minlength=len(goods))
        return [Counts(int(good), int(bad)) for good, bad in zip(goods, bads, strict=True) if good or bad]


Draws = Sequence["np.ndarray[Any, np.dtype[np.int64]]"]


def draws_of(size: int, rounds: int, seed: int) -> Draws:
    """Return `rounds` samples with replacement of as many places as there are applicants."""
    generator = np.random.default_rng(seed)
    return [generator.integers(size, size=size) for _round in range(rounds)]


def metrics(outcomes: Outcomes, scaling: Scaling, draws: Draws) -> dict[str, Any]:
    """Return AUC, Gini, KS and Brier score, each as `{"value", "interval"}`."""

    def all_of_them(sample: Outcomes) -> list[float | None]:
        if sample.is_one_sided:
            return [None] * 4
        counts = sample.counts()
        area = area_under_curve(counts)
        promised = _bad_rates(sample, scaling)
        return [area, 2 * area - 1, kolmogorov_smirnov(counts), float(((promised - ~sample.good) ** 2).mean())]

    return dict(zip(("auc", "gini", "ks", "brier"), _with_intervals(outcomes, draws, all_of_them), strict=True))


def calibration(outcomes: Outcomes, scaling: Scaling, edges: Sequence[int], draws: Draws) -> list[dict[str, Any]]:
    """Return for each band of points what share of bad loans the score promised and what came."""

    def observed(sample: Outcomes) -> list[float | None]:
        bands = np.searchsorted(edges, sample.points, side="right")
        return [_share(~sample.good[bands == band]) for band in range(len(edges) + 1)]

    bands = np.searchsorted(edges, outcomes.points, side="right")
    promised = _bad_rates(outcomes, scaling)
    return [
        {
            "from": int(edges[band - 1]) if band else None,
            "below": int(edges[band]) if band < len(edges) else None,
            "rows": int((bands == band).sum()),
            "expected_bad_rate": _rounded(_mean(promised[bands == band])),
            "bad_rate": found,
        }
        for band, found in enumerate(_with_intervals(outcomes, draws, observed))
    ]


def fairness(
    outcomes: Outcomes, scaling: Scaling, groups: Mapping[str, Sequence[str]], cut_off: int, draws: Draws
) -> dict[str, list[dict[str, Any]]]:
    """
    Return for each protected attribute how the score treats its groups, by the names of the groups.

    The adverse impact ratio is the approval rate against that of the group approved most often; below 0.8 is custom's
    sign to look closer. Groups of fewer than 30 are shown, but are no measure for the others.
    """
    return {name: _by_group(outcomes, scaling, np.array(of_each), cut_off, draws) for name, of_each in groups.items()}


def _by_group(outcomes: Outcomes, scaling: Scaling, groups: Any, cut_off: int, draws: Draws) -> list[dict[str, Any]]:
    rows = []
    promised = _bad_rates(outcomes, scaling)
    for group in sorted(set(groups.tolist()), key=lambda group: (not group.startswith("below "), group)):
        is_in = groups == group

        def figures(places: Any, is_in: Any = is_in) -> list[float | None]:
            sample = outcomes.at(places[is_in[places]])
            area = None if sample.is_one_sided else area_under_curve(sample.counts())
            return [_share(sample.points >= cut_off), area, _share(~sample.good)]

        found = [figures(np.arange(len(groups))), *(figures(draw) for draw in draws)]
        approved, area, bad = _columns(found)
        rows.append(
            {
                "group": group,
                "rows": int(is_in.sum()),
                "bad_rate": bad,
                "expected_bad_rate": _rounded(_mean(promised[is_in])),
                "mean_points": round(float(outcomes.points[is_in].mean()), 1),
                "approval_rate": approved,
                "auc": area,
            }
        )
    measure = max((row["approval_rate"]["value"] for row in rows if row["rows"] >= FEWEST_IN_GROUP), default=0)
    for row in rows:
        row["adverse_impact_ratio"] = _rounded(row["approval_rate"]["value"] / measure) if measure else None
    return rows


def _with_intervals(
    outcomes: Outcomes, draws: Draws, figures: Callable[[Outcomes], list[float | None]]
) -> list[dict[str, Any]]:
    return _columns([figures(outcomes), *(figures(outcomes.at(draw)) for draw in draws)])


def _columns(found: Sequence[Sequence[float | None]]) -> list[dict[str, Any]]:
    """Return each figure with its interval: the first row is the figure, the others are the draws."""
    first, *drawn = found
    columns = zip(*drawn, strict=True) if drawn else [()] * len(first)
    return [
        {"value": _rounded(value), "interval": _interval(column)} for value, column in zip(first, columns, strict=True)
    ]


def _interval(drawn: Sequence[float | None]) -> Interval:
    known = [value for value in drawn if value is not None]
    return [round(float(bound), DECIMALS) for bound in np.percentile(known, [2.5, 97.5])] if known else None


def _bad_rates(outcomes: Outcomes, scaling: Scaling) -> Any:
    return 1 / (1 + np.exp((outcomes.points - scaling.offset) / scaling.factor))


def _share(are: Any) -> float | None:
    return float(are.mean()) if len(are) else None


def _mean(values: Any) -> float | None:
    return float(values.mean()) if len(values) else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
