"""
From applicants whose outcome is known to a scorecard: weights of evidence, a logistic regression, whole points.

The worst bin of each characteristic has 0 points, so that no points are negative. What is not known can never be worth
more than an average applicant: leaving a field empty must not pay. A regression weight that would make a better bin
lower the score is not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from dashu.kernel.errors import DomainError, _
from loans.domain.discrimination import (
    LEAST_INFORMATION,
    SUSPICIOUS_INFORMATION,
    Counts,
    Scaling,
    information_value,
    weights_of_evidence,
)
from loans.domain.scorecards import CategoryBins, Characteristic, Fact, NumericBins, quotient
from loans.scoring.binning import LEAST_SHARE, Groups, Ranges, groups_of, ranges_of
from loans.scoring.mapping import Input, Kind, TrainingMapping


class NothingToLearn(DomainError):
    """No input of the mapping tells good loans from bad ones."""

    code = "nothing_to_learn"


class Fate(StrEnum):
    """What became of an input."""

    KEPT = "kept"
    LITTLE_INFORMATION = "little_information"
    NO_POSITIVE_WEIGHT = "no_positive_weight"
    NO_POINTS = "no_points"


@dataclass(frozen=True)
class Binned:
    """
    An input with its bins.

    :param missing: counts of those whose value is not known.
    :param weights: of evidence, by place: of the bins, of a missing value and, for categories, of one never seen.
    :param information: information value over the bins and the missing values.
    """

    input: Input
    bins: Ranges | Groups
    missing: Counts
    weights: tuple[float, ...]
    information: float

    @property
    def is_suspicious(self) -> bool:
        return self.information > SUSPICIOUS_INFORMATION

    def weights_of(self, rows: Sequence[dict[str, Fact]]) -> list[float]:
        """Return the weight of each applicant's place, which the scorecard itself finds."""
        bins: NumericBins | CategoryBins
        if isinstance(self.bins, Ranges):
            bins = NumericBins(self.bins.edges, (0,) * len(self.bins.counts))
        else:
            bins = CategoryBins(tuple((frozenset(values), 0) for values in self.bins.values), unseen=0)
        reader = Characteristic(self.input.name, self.input.fields, bins, 0, self.input.label, self.input.help)
        return [self.weights[reader.place_of(row)] for row in rows]


@dataclass(frozen=True)
class Fitted:
    """
    :param card: the scorecard as plain data, as `loans.domain.scorecards` reads it.
    :param binned: all inputs of the mapping, in its order, each with its fate and its regression weight (None: none).
    """

    card: dict[str, Any]
    binned: tuple[tuple[Binned, Fate, float | None], ...]


def fit(
    mapping: TrainingMapping, facts: Sequence[dict[str, Fact]], good: Sequence[bool], scaling: Scaling, version: int
) -> Fitted:
    """
    Make a scorecard of the training rows.

    :raises NothingToLearn: no input is left.
    """
    binned = [_binned(each, facts, good) for each in mapping.inputs]
    telling = [each for each in binned if each.information >= LEAST_INFORMATION and len(each.bins.counts) > 1]
    weights, intercept = _regression(telling, facts, good)
    raw = {
        each.input.name: [scaling.factor * weights[each.input.name] * evidence for evidence in each.weights]
        for each in telling
        if each.input.name in weights
    }
    points = {name: [round(value - min(values)) for value in values] for name, values in raw.items()}
    fates = {each.input.name: Fate.LITTLE_INFORMATION for each in binned}
    fates |= {each.input.name: Fate.NO_POSITIVE_WEIGHT for each in telling}
    fates |= {name: Fate.KEPT if any(whole) else Fate.NO_POINTS for name, whole in points.items()}
    kept = [each for each in binned if fates[each.input.name] is Fate.KEPT]
    if not kept:
        raise NothingToLearn(_("No input of this mapping tells good loans from bad ones."), field="inputs")
    card = {
        "name": mapping.scorecard,
        "version": version,
        "start": round(scaling.points(intercept) + sum(map(min, raw.values()))),
        "characteristics": [_characteristic(each, points[each.input.name]) for each in kept],
    }
    return Fitted(card, tuple((each, fates[each.input.name], weights.get(each.input.name)) for each in binned))


def _binned(candidate: Input, facts: Sequence[dict[str, Fact]], good: Sequence[bool]) -> Binned:
    values = [_value(candidate, each) for each in facts]
    known = [(value, is_good) for value, is_good in zip(values, good, strict=True) if value is not None]
    known_good = [is_good for _value_of_it, is_good in known]
    missing = Counts(sum(good) - sum(known_good), len(good) - len(known) - (sum(good) - sum(known_good)))
    bins: Ranges | Groups
    if candidate.kind is Kind.NUMERIC:
        bins = ranges_of([Decimal(value) for value, _is_good in known], known_good, len(good), candidate.better)
    else:
        bins = groups_of([str(value) for value, _is_good in known], known_good, len(good))
    has_missing = missing.good + missing.bad >= LEAST_SHARE * len(good)
    counts = [*bins.counts, missing] if has_missing else [*bins.counts]
    weights = weights_of_evidence(counts)
    of_missing = min(0.0, weights.pop()) if has_missing else 0.0
    unseen = (0.0,) if candidate.kind is Kind.CATEGORY else ()
    return Binned(candidate, bins, missing, (*weights, of_missing, *unseen), information_value(counts))


def _value(candidate: Input, facts: dict[str, Fact]) -> Decimal | Fact:
    return quotient(facts, candidate.fields) if candidate.kind is Kind.NUMERIC else facts[candidate.fields[0]]


def _regression(
    kept: Sequence[Binned], facts: Sequence[dict[str, Fact]], good: Sequence[bool]
) -> tuple[dict[str, float], float]:
    """
    Return the weights, all above 0, and the intercept of the log odds of a good loan.

    With a weight below 0 a better bin would lower the score: the lowest is left out and the rest fitted anew.
    """
    outcome = np.array(good, dtype=int)
    evidence = {each.input.name: np.array(each.weights_of(facts)) for each in kept}
    while evidence:
        # Without a penalty the points stay on the scale of the odds.
        model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1_000)
        model.fit(np.column_stack(list(evidence.values())), outcome)
        weights = dict(zip(evidence, (float(weight) for weight in model.coef_[0]), strict=True))
        lowest = min(weights, key=lambda name: weights[name])
        if weights[lowest] > 0:
            return weights, float(model.intercept_[0])
        del evidence[lowest]
    return {}, 0.0


def _characteristic(binned: Binned, points: Sequence[int]) -> dict[str, Any]:
    numeric = isinstance(binned.bins, Ranges)
    missing = points[len(binned.bins.counts)]
    return {
        "name": binned.input.name,
        "kind": binned.input.kind.value,
        "fields": list(binned.input.fields),
        "bins": [
            {**where, "points": each}
            for where, each in zip(bounds_of(binned.bins), points[: len(binned.bins.counts)], strict=True)
        ],
        "missing": missing,
        **({} if numeric else {"unseen": points[-1]}),
        "label": dict(binned.input.label),
        "help": dict(binned.input.help),
    }


def bounds_of(bins: Ranges | Groups) -> list[dict[str, Any]]:
    """Return what each bin holds, as the scorecard's file says it."""
    if isinstance(bins, Groups):
        return [{"values": list(values)} for values in bins.values]
    return [{"below": f"{edge:f}"} for edge in bins.edges] + [{}]
