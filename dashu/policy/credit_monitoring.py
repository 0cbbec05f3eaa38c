"""When the credit review itself has to be looked at, as a policy pack writes it: drift, and how groups fare."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashu.policy.rate_bounds import fraction


@dataclass(frozen=True, slots=True)
class MonitoringRules:
    """
    :param window_days: days up to a night whose applications are looked at together.
    :param watch_from, act_above: population stability indices.
    :param least_applications: a window with fewer says nothing about drift.
    :param least_group: applicants of a group; a smaller one gets no ratio and is no measure for others.
    :param least_impact_ratio: a lower one has somebody look at the group, a fraction.
    """

    watch_from: Decimal
    act_above: Decimal
    least_applications: int
    least_group: int
    least_impact_ratio: Decimal
    window_days: int = 90


def monitoring_rules_of(value: Any) -> MonitoringRules:
    """Read the rules of monitoring; ValueError, TypeError or KeyError where the pack says something else."""
    rules = MonitoringRules(
        watch_from=fraction(value["watch_from"]),
        act_above=fraction(value["act_above"]),
        least_applications=_count(value["least_applications"]),
        least_group=_count(value["least_group"]),
        least_impact_ratio=fraction(value["least_impact_ratio"]),
        window_days=_count(value["window_days"]),
    )
    if not 0 < rules.watch_from <= rules.act_above:
        raise ValueError("drift is watched before somebody must act")
    if not 0 < rules.least_impact_ratio <= 1:
        raise ValueError(f"a ratio lies above 0 and up to 1, not {rules.least_impact_ratio}")
    return rules


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"expected a whole number above 0, not {value!r}")
    return value
