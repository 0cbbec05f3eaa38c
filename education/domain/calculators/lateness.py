"""What being late costs, by the days, and what paying a part changes."""

from dataclasses import dataclass

from dashu.finance.penalty import PenaltyRule
from education.domain.own import late_cost

MARKS = (1, 7, 30, 60, 90)  # days that are shown beside the one asked for


@dataclass(frozen=True, slots=True)
class Lateness:
    """
    :param cost: after the days asked for.
    :param after_half: the same, had half of it been paid on the due date.
    :param by_day: the cost after each of `MARKS`.
    """

    cost: int
    after_half: int
    by_day: tuple[tuple[int, int], ...]


def lateness(principal: int, days: int, rule: PenaltyRule) -> Lateness:
    return Lateness(
        cost=late_cost(principal, days, rule),
        after_half=late_cost(principal - principal // 2, days, rule),
        by_day=tuple((each, late_cost(principal, each, rule)) for each in MARKS),
    )
