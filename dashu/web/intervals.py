"""
Shares with the range that the true one lies in, drawn as bars beside each other; the same numbers stand in words.

A picture that needs no script: it is an SVG of the page, so it prints and works everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dashu.web.staff_tables import Text

WIDTH = 1000  # of the picture, in its own units


@dataclass(frozen=True, slots=True)
class Interval:
    """:param value, low, high: from 0 to 1. :param words: the same, as people read it. :param tone: first or second."""

    name: Text
    value: float
    low: float
    high: float
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Where an interval lies in the picture."""

    name: Text
    words: str
    tone: str
    start: int
    width: int
    mark: int


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """
    :param summary: what a reader should take from it, in one sentence.
    :param groups: what is measured, with the intervals to compare.
    """

    title: Text
    summary: Text
    groups: Sequence[tuple[Text, Sequence[Interval]]]

    @property
    def top_percent(self) -> int:
        """The end of the scale: the highest bound, up to the next 10%."""
        highest = max((each.high for _name, intervals in self.groups for each in intervals), default=1.0)
        return min(100, int(highest * 10 + 0.999999) * 10) or 10

    @property
    def drawn(self) -> list[tuple[Text, list[Bar]]]:
        return [(name, [self._bar(each) for each in intervals]) for name, intervals in self.groups]

    def _bar(self, each: Interval) -> Bar:
        start, mark, end = (
            round(bound * 100 / self.top_percent * WIDTH) for bound in (each.low, each.value, each.high)
        )
        return Bar(each.name, each.words, each.tone, start, max(end - start, 2), mark)
