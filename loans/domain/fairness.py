"""
How groups fare in decisions that do not know the groups: approval rates, and the adverse impact ratio with intervals.

The attributes are no inputs of any decision; here they are only counted. The ratio is a group's approval rate against
that of the group approved most often. A small group gets no figures beyond its size: they would be chance, and could
point at a person.
Source: Wilson interval of a share; interval of a ratio by the logarithm (Katz); four-fifths rule.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashu.policy.credit_monitoring import MonitoringRules
from dashu.policy.credit_rules import Outcome

_Z = 1.959964  # of a 95% interval
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Decided:
    """
    One application that was decided.

    :param groups: of the applicant, by attribute; an attribute that is not known is left out.
    """

    outcome: Outcome
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """
    :param approval_rate, rate_interval: shares; None of a small group.
    :param impact_ratio: None of a small group, or where nobody was approved in any; 1 of the one it is measured by.
    :param ratio_interval: None of the group that is the measure, and where nobody of the group was approved.
    :param needs_a_look: the ratio lies below the bar of the rules.
    """

    group: str
    applicants: int
    approval_rate: float | None = None
    rate_interval: Interval | None = None
    impact_ratio: float | None = None
    ratio_interval: Interval | None = None
    needs_a_look: bool = False


def fairness_of(decided: Iterable[Decided], rules: MonitoringRules) -> dict[str, tuple[GroupOutcome, ...]]:
    """Return by attribute how its groups fared, in the order of their names. Only an approval counts as one."""
    counts: dict[str, dict[str, list[int]]] = {}
    for each in decided:
        for attribute, group in each.groups.items():
            held = counts.setdefault(attribute, {}).setdefault(group, [0, 0])
            held[0] += 1
            held[1] += each.outcome is Outcome.APPROVE
    return {attribute: _groups(groups, rules) for attribute, groups in sorted(counts.items())}


def _groups(counts: Mapping[str, Sequence[int]], rules: MonitoringRules) -> tuple[GroupOutcome, ...]:
    large = {group: (approved, of) for group, (of, approved) in counts.items() if of >= rules.least_group}
    measure = max(large, key=lambda group: large[group][0] / large[group][1], default=None)
    found = []
    for group, (of, approved) in sorted(counts.items()):
        if group not in large or measure is None:
            found.append(GroupOutcome(group, of))
            continue
        rate, best = approved / of, large[measure][0] / large[measure][1]
        ratio = rate / best if best else None
        found.append(
            GroupOutcome(
                group=group,
                applicants=of,
                approval_rate=rate,
                rate_interval=_share_interval(approved, of),
                impact_ratio=ratio,
                ratio_interval=None if group == measure else _ratio_interval(approved, of, *large[measure]),
                needs_a_look=ratio is not None and ratio < float(rules.least_impact_ratio),
            )
        )
    return tuple(found)


def _share_interval(approved: int, of: int) -> Interval:
    rate, spread = approved / of, _Z**2 / of
    middle = (rate + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(rate * (1 - rate) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _ratio_interval(approved: int, of: int, best_approved: int, best_of: int) -> Interval | None:
    if not approved or not best_approved:
        return None
    ratio = approved / of / (best_approved / best_of)
    spread = _Z * math.sqrt(1 / approved - 1 / of + 1 / best_approved - 1 / best_of)
    return ratio * math.exp(-spread), ratio * math.exp(spread)
