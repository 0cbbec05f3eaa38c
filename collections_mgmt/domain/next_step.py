"""What is suggested at a file, why, and what else can be chosen. Doing nothing is always among it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dashu.policy.case_desk import Fact, Step, StepRule


@dataclass(frozen=True, slots=True)
class Suggestion:
    """
    :param facts: that the rule asked for and that hold.
    :param from_days: of the rule; 0 where days did not matter. :param to_days: likewise, None where they did not.
    :param others: what can be chosen instead, NOTHING first unless it is what is suggested.
    """

    step: Step
    facts: tuple[Fact, ...]
    from_days: int
    to_days: int | None
    others: tuple[Step, ...]


def suggest(*, days: int, facts: Collection[str], rules: Sequence[StepRule]) -> Suggestion:
    """Return what the first rule that fits says. The last rule fits every file."""
    rule = next(rule for rule in rules if _fits(rule, days, facts))
    possible = [Step.NOTHING, *dict.fromkeys(each.step for each in rules)]
    others = tuple(step for step in dict.fromkeys(possible) if step is not rule.step)
    return Suggestion(rule.step, tuple(sorted(rule.facts)), rule.from_days, rule.to_days, others)


def _fits(rule: StepRule, days: int, facts: Collection[str]) -> bool:
    return (
        rule.facts <= set(facts)
        and not rule.without & set(facts)
        and days >= rule.from_days
        and (rule.to_days is None or days <= rule.to_days)
    )
