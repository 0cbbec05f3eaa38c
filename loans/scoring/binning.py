"""
Bins of a characteristic: ranges of a number that are monotone in the outcome, and groups of categories.

A number is cut at its twentieths, neighbors that break the order are pooled (isotonic regression), and what is too
small or one too many is merged with the neighbor it resembles most. Why not `optbinning`: see
docs/decisions/bins-are-pooled-by-our-own-code.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np
from sklearn.isotonic import IsotonicRegression

from loans.domain.discrimination import Counts, information_value
from loans.scoring.mapping import Better

FIRST_CUTS = 20
MOST_BINS = 6
LEAST_SHARE = 0.05


@dataclass(frozen=True)
class Ranges:
    """:param edges: one fewer than counts; a number equal to an edge lies above it."""

    edges: tuple[Decimal, ...]
    counts: tuple[Counts, ...]


@dataclass(frozen=True)
class Groups:
    """:param values: the categories of each bin, sorted; the bins from the worst to the best."""

    values: tuple[tuple[str, ...], ...]
    counts: tuple[Counts, ...]


def ranges_of(values: Sequence[Decimal], good: Sequence[bool], rows: int, better: Better | None) -> Ranges:
    """
    Cut numbers into monotone ranges.

    :param values: known ones only; they may be infinite.
    :param rows: of the sample, unknown values included: a bin holds at least 5% of them.
    :param better: the direction; None takes the one that tells more.
    """
    numbers = np.array([float(value) for value in values])
    outcome = np.array(good, dtype=bool)
    edges = _first_edges(sorted(set(values)), values)
    places = np.searchsorted(np.array([float(edge) for edge in edges]), numbers, side="right")
    counts = [_counted(outcome[places == place]) for place in range(len(edges) + 1)]
    directions = {Better.HIGHER: [True], Better.LOWER: [False], None: [True, False]}[better]
    found = [_monotone(counts, rows, is_rising) for is_rising in directions]
    parts = max(found, key=lambda parts: _information([_pooled(counts[start:end]) for start, end in parts]))
    return Ranges(
        tuple(edges[end - 1] for _start, end in parts[:-1]),
        tuple(_pooled(counts[start:end]) for start, end in parts),
    )


def groups_of(values: Sequence[str], good: Sequence[bool], rows: int) -> Groups:
    """Group categories by how well they end; each group holds at least 5% of the rows."""
    outcome: dict[str, list[bool]] = {}
    for value, is_good in zip(values, good, strict=True):
        outcome.setdefault(value, []).append(is_good)
    average = sum(good) / len(good)
    # A rare category is drawn towards the average, so that chance does not put it at an end.
    ordered = sorted(
        outcome, key=lambda value: ((sum(outcome[value]) + 20 * average) / (len(outcome[value]) + 20), value)
    )
    counts = [_counted(np.array(outcome[value])) for value in ordered]
    parts = _merged(counts, [(place, place + 1) for place in range(len(counts))], rows)
    parts.sort(key=lambda part: _rate(_pooled(counts[slice(*part)])))
    return Groups(
        tuple(tuple(sorted(ordered[start:end])) for start, end in parts),
        tuple(_pooled(counts[start:end]) for start, end in parts),
    )


Part = tuple[int, int]  # from, to (exclusive): of the first bins


def _monotone(counts: list[Counts], rows: int, is_rising: bool) -> list[Part]:
    rates = [_rate(each) for each in counts]
    weights = [each.good + each.bad for each in counts]
    level = IsotonicRegression(increasing=is_rising).fit_transform(range(len(counts)), rates, sample_weight=weights)
    starts = [0, *(place for place in range(1, len(counts)) if not math.isclose(level[place], level[place - 1]))]
    return _merged(counts, list(zip(starts, [*starts[1:], len(counts)], strict=True)), rows)


def _merged(counts: list[Counts], parts: list[Part], rows: int) -> list[Part]:
    """Merge parts that are too small or hold one outcome only, then those whose difference tells least."""

    def pooled(part: Part) -> Counts:
        return _pooled(counts[slice(*part)])

    def is_small(part: Part) -> bool:
        held = pooled(part)
        return held.good + held.bad < LEAST_SHARE * rows or not held.good or not held.bad

    def distance(place: int) -> float:
        return abs(_rate(pooled(parts[place])) - _rate(pooled(parts[place + 1])))

    def kept_information(place: int) -> float:
        return _information([pooled(part) for part in _joined(parts, place)])

    while len(parts) > 1 and (small := [place for place, part in enumerate(parts) if is_small(part)]):
        beside = [place for place in (small[0] - 1, small[0]) if 0 <= place < len(parts) - 1]
        parts = _joined(parts, min(beside, key=distance))
    while len(parts) > MOST_BINS:
        parts = _joined(parts, max(range(len(parts) - 1), key=kept_information))
    return parts


def _joined(parts: list[Part], place: int) -> list[Part]:
    return [*parts[:place], (parts[place][0], parts[place + 1][1]), *parts[place + 2 :]]


def _first_edges(distinct: list[Decimal], values: Sequence[Decimal]) -> list[Decimal]:
    """Return round numbers between the values that lie at the twentieths."""
    ordered = sorted(values)
    at = {ordered[len(ordered) * cut // FIRST_CUTS] for cut in range(1, FIRST_CUTS)}
    return [_round_number(below, value) for below, value in pairwise(distinct) if value in at]


def _round_number(above: Decimal, up_to: Decimal) -> Decimal:
    """Return the number with the fewest digits that is above the one and at most the other."""
    if up_to.is_infinite():
        up_to = max(2 * above, above + 1)
    if above.is_infinite():
        return up_to
    for exponent in range(6, -28, -1):
        found = (up_to.scaleb(-exponent) // 1).scaleb(exponent) if up_to >= 0 else up_to
        if found > above:
            return Decimal(f"{found:f}")
    return up_to


def _counted(outcome: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Counts:
    return Counts(int(outcome.sum()), int((~outcome).sum()))


def _pooled(counts: Sequence[Counts]) -> Counts:
    return Counts(sum(each.good for each in counts), sum(each.bad for each in counts))


def _rate(counts: Counts) -> float:
    return counts.good / (counts.good + counts.bad)


def _information(counts: Sequence[Counts]) -> float:
    return information_value(counts) if len(counts) > 1 else 0.0
