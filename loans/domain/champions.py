"""
The champion beside the challenger: how both spread the same applicants, and how often they differ at the bar.

Which of them is right is known only when the loans have ended; how often they differ says how much there is to learn.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    :param edges: of the bands of points, ascending; points equal to an edge lie above it.
    :param champion, challenger: applicants by band, one more than edges.
    :param bar: points from which on the score speaks against nobody.
    :param both, neither: applicants whom both let pass, and whom neither does.
    :param only_champion, only_challenger: applicants whom one of them alone lets pass.
    """

    edges: tuple[int, ...]
    champion: tuple[int, ...]
    challenger: tuple[int, ...]
    bar: int
    both: int
    neither: int
    only_champion: int
    only_challenger: int

    @property
    def differing(self) -> int:
        return self.only_champion + self.only_challenger


def compare(points: Sequence[tuple[int, int]], edges: Sequence[int], bar: int) -> Comparison:
    """
    Return how the two spread the applicants.

    :param points: of each applicant, by the champion and by the challenger.
    """
    passed = [(champion >= bar, challenger >= bar) for champion, challenger in points]
    return Comparison(
        edges=tuple(edges),
        champion=_bands([champion for champion, _challenger in points], edges),
        challenger=_bands([challenger for _champion, challenger in points], edges),
        bar=bar,
        both=passed.count((True, True)),
        neither=passed.count((False, False)),
        only_champion=passed.count((True, False)),
        only_challenger=passed.count((False, True)),
    )


def _bands(points: Sequence[int], edges: Sequence[int]) -> tuple[int, ...]:
    counts = [0] * (len(edges) + 1)
    for each in points:
        counts[bisect_right(edges, each)] += 1
    return tuple(counts)
