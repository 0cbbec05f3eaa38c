"""
Whose file comes first, and why.

A file's place is what could be won back by a conversation: value × chance of cure. The risk of harm never adds
pressure. In the ordinary queue it takes from the place (× what is left of certainty that a contact does no harm). From
the rule's `care_from` on, the file goes to people trained for it, and there the greater risk comes first (× the risk).

Amounts are minor units and shares basis points, all whole numbers; SQL in `services.files_sql` says the same.
"""

from collections.abc import Collection
from dataclasses import dataclass

from dashu.policy.case_desk import BPS, Fact, Points, PriorityRules


@dataclass(frozen=True, slots=True)
class Part:
    """Points of one share and where they come from. :param fact: None for those of the days past due."""

    fact: Fact | None
    points: int


@dataclass(frozen=True, slots=True)
class Priority:
    """
    :param cure, harm: what each share was added up from, before it was held within its bounds.
    :param is_care: whether people trained for it work on the file.
    :param place: the higher, the sooner; minor units of a weighed amount.
    """

    value_minor: int
    cure_bps: int
    harm_bps: int
    cure: tuple[Part, ...]
    harm: tuple[Part, ...]
    is_care: bool
    place: int


def priority_of(*, value_minor: int, days: int, facts: Collection[str], rules: PriorityRules) -> Priority:
    """
    :param value_minor: overdue on all loans of the borrower.
    :param days: the most effective days past due.
    :param facts: codes of `Fact`.
    """
    cure, harm = (_parts(points, days, facts) for points in (rules.cure, rules.harm))
    cure_bps = rules.cure.within(sum(part.points for part in cure))
    harm_bps = rules.harm.within(sum(part.points for part in harm))
    is_care = harm_bps >= rules.care_from
    weight = harm_bps if is_care else BPS - harm_bps
    return Priority(
        value_minor, cure_bps, harm_bps, cure, harm, is_care, value_minor * cure_bps * weight // (BPS * BPS)
    )


def _parts(points: Points, days: int, facts: Collection[str]) -> tuple[Part, ...]:
    of_facts = [Part(fact, more) for fact, more in points.facts.items() if fact in facts and more]
    return (Part(None, points.of_days(days)), *of_facts)
