"""
In which part of the borrowers somebody is, by what is known of them. SQL says the same, which a test compares.

Nothing here knows what somebody learned or read at night: those who help themselves, or cannot sleep, are not judged by
it.
"""

from dataclasses import dataclass

from collections_mgmt.domain.strategy import Capacity, Readiness
from dashu.policy.strategies import CapacityRule, ReadinessRule

BPS = 10_000


@dataclass(frozen=True, slots=True)
class Response:
    """How often a borrower did each of these lately."""

    opened: int
    kept: int
    broken: int
    paid: int


@dataclass(frozen=True, slots=True)
class Point:
    """:param times: how often it happened; at most so many count as the rule says."""

    name: str
    times: int
    points: int


def capacity_of(*, surplus_minor: int | None, asked_minor: int, rule: CapacityRule) -> Capacity:
    """
    Return what the month can carry.

    :param surplus_minor: what a month leaves; None where it is not known. :param asked_minor: a month's due.
    """
    if surplus_minor is None:
        return Capacity.UNKNOWN
    if surplus_minor <= 0:
        return Capacity.NONE
    return Capacity.ABLE if surplus_minor * BPS >= asked_minor * rule.able_from_bps else Capacity.TIGHT


def points_of(response: Response, rule: ReadinessRule) -> list[Point]:
    """Return what counts, each with its points."""
    return [
        Point(name, times, min(times, rule.most) * getattr(rule, name))
        for name in ("opened", "kept", "broken", "paid")
        if (times := getattr(response, name))
    ]


def readiness_of(response: Response, rule: ReadinessRule) -> Readiness:
    points = sum(point.points for point in points_of(response, rule))
    if points >= rule.high_from:
        return Readiness.HIGH
    return Readiness.SOME if points >= rule.some_from else Readiness.LOW
