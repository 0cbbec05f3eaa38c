"""
Whether those who are scored now are still like those a scorecard was trained on, by its points and its facts.

Each characteristic is watched by itself: points can stay the same while two facts move against one another.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dashu.kernel.documents import Document
from dashu.kernel.errors import InvalidInput, _
from dashu.policy.credit_monitoring import MonitoringRules
from loans.domain.scorecards import Fact, Scorecard, score
from loans.domain.stability import Stability, population_stability, stability_of

SCORE = "score"


@dataclass(frozen=True)
class Expected:
    """
    The applicants of the training, counted.

    :param edges: of the bands of points, ascending; points equal to an edge lie above it.
    :param of_score: by band, one more than edges.
    :param of_characteristics: by name, in the places of `Characteristic.points`.
    """

    edges: tuple[int, ...]
    of_score: tuple[int, ...]
    of_characteristics: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Drift:
    """
    :param name: of the characteristic, or `SCORE`.
    :param index: population stability index, 0 where nothing moved.
    :param expected, found: applicants by band or place.
    """

    name: str
    index: float
    stability: Stability
    expected: tuple[int, ...]
    found: tuple[int, ...]


def drift_of(
    scorecard: Scorecard,
    expected: Expected,
    window: Sequence[Mapping[str, Fact]],
    rules: MonitoringRules,
    counts: Sequence[int] | None = None,
) -> tuple[Drift, ...]:
    """
    Return the drift of the score and of each characteristic, the score first.

    :param window: the facts of each application, or of each history, as the scorecard reads them.
    :param counts: how often each occurs; once if not given.
    :returns: nothing where the window has too few of them to say anything.
    :raises InvalidFact: a fact is not of the kind that the scorecard reads.
    """
    counts = counts or [1] * len(window)
    if sum(counts) < rules.least_applications:
        return ()
    bands = [bisect_right(expected.edges, score(scorecard, facts).points) for facts in window]
    found = {SCORE: _counted(bands, counts, len(expected.of_score))}
    for each in scorecard.characteristics:
        found[each.name] = _counted([each.place_of(facts) for facts in window], counts, len(each.points))
    before = {SCORE: expected.of_score, **expected.of_characteristics}
    return tuple(_drift(name, before[name], places, rules) for name, places in found.items())


def parse_expected(raw: object) -> Expected:
    """
    Read the distributions of an artifact that `train_scorecard` wrote.

    :raises DomainError: they are not there or are not counts.
    """
    document = Document(raw).child("stability")
    of_score = document.child(SCORE)
    characteristics: Any = document.anything("characteristics")
    if not isinstance(characteristics, dict):
        raise InvalidInput(_("An object with named values is expected here."), field="stability.characteristics")
    edges = _whole_numbers(of_score.anything("edges"), "stability.score.edges")
    counts = _whole_numbers(of_score.anything("expected"), "stability.score.expected")
    if len(counts) != len(edges) + 1 or any(low >= high for low, high in pairwise(edges)):
        raise InvalidInput(_("Edges ascend, and there is one more band than edges."), field="stability.score.edges")
    return Expected(
        edges=edges,
        of_score=counts,
        of_characteristics={
            name: _whole_numbers(each["expected"], f"stability.characteristics.{name}")
            for name, each in characteristics.items()
        },
    )


def _whole_numbers(value: Any, field: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(number) is int for number in value):
        raise InvalidInput(_("A list of whole numbers is expected here."), field=field)
    return tuple(value)


def _counted(places: Sequence[int], counts: Sequence[int], most: int) -> tuple[int, ...]:
    found = [0] * most
    for place, count in zip(places, counts, strict=True):
        found[place] += count
    return tuple(found)


def _drift(name: str, expected: tuple[int, ...], found: tuple[int, ...], rules: MonitoringRules) -> Drift:
    index = population_stability(expected, found)
    stability = stability_of(index, watch_from=float(rules.watch_from), act_above=float(rules.act_above))
    return Drift(name, index, stability, expected, found)
