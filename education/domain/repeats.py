"""
When a question comes again, and when a skill counts as mastered.

A question that was right comes again after rising waits; only an answer at its time counts, so that nobody gets on by
answering the same thing twice in an hour. One that was wrong comes the next day. Nothing is lost by a pause: what is
due waits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Place:
    """:param stage: how often it was right in a row, each at its time. :param due_on: None while it rests."""

    stage: int
    due_on: date | None

    def is_due(self, on: date) -> bool:
        return self.due_on is not None and self.due_on <= on


class Standing(StrEnum):
    """How far somebody is with a skill."""

    OPEN = "OPEN"
    LEARNING = "LEARNING"
    MASTERED = "MASTERED"


def next_place(place: Place | None, *, is_right: bool, on: date, waits: Sequence[int]) -> Place:
    """
    Return where a question stands after an answer.

    :param place: where it stood; None for the first answer.
    :param waits: days to wait after it was right for the first, second … time, rising.
    """
    if not is_right:
        return Place(0, on + timedelta(days=1))
    if place is not None and not place.is_due(on):
        return place
    stage = (place.stage if place else 0) + 1
    return Place(stage, on + timedelta(days=waits[stage - 1]) if stage <= len(waits) else None)


def standings(
    questions: Mapping[str, Iterable[str]], stages: Mapping[str, int], *, mastered_after: int
) -> Mapping[str, Standing]:
    """
    Return the standing of each skill.

    :param questions: the questions of each skill, by any name that tells them apart.
    :param stages: the stage of each question that was ever answered.
    :param mastered_after: so many waits after the first right answer; see `dashu.policy.learning.Repeats`.
    """

    def standing(asked: Iterable[str]) -> Standing:
        found = [stages.get(question) for question in asked]
        if all(stage is not None and stage > mastered_after for stage in found):
            return Standing.MASTERED
        return Standing.OPEN if all(stage is None for stage in found) else Standing.LEARNING

    return {skill: standing(asked) for skill, asked in questions.items()}
