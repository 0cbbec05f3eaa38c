"""
What a loan costs by what is known of the applicant, as a policy pack writes it.

Everyone begins at the base rate, and what is known can only lower it: points of a score by steps, and proved income.
Nobody pays more than the base because of the score, and who was not scored pays it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashu.policy.rate_bounds import fraction


@dataclass(frozen=True, slots=True)
class ScoreStep:
    """From so many points on the yearly rate is this much lower, a fraction."""

    from_points: int
    less: Decimal


@dataclass(frozen=True, slots=True)
class PricingRules:
    """
    Rates are yearly fractions.

    :param by_score: ascending in points and in what they take off.
    :param proved_income: taken off when the income is proved.
    :param cap_margin: how far below the cap the all-in rate stays, so that rounding of installments cannot reach it.
    """

    base_rate: Decimal
    by_score: tuple[ScoreStep, ...]
    proved_income: Decimal
    cap_margin: Decimal

    def step_of(self, score: int | None) -> ScoreStep | None:
        """Return the step that the points reach; None where they reach none or nobody scored."""
        reached = [step for step in self.by_score if score is not None and score >= step.from_points]
        return reached[-1] if reached else None


def pricing_rules_of(value: Any) -> PricingRules:
    """Read the rules of pricing; ValueError, TypeError or KeyError where the pack says something else."""
    rules = PricingRules(
        base_rate=fraction(value["base_rate"]),
        by_score=tuple(_step(step) for step in value["by_score"]),
        proved_income=fraction(value["proved_income"]),
        cap_margin=fraction(value["cap_margin"]),
    )
    points = [step.from_points for step in rules.by_score]
    less = [step.less for step in rules.by_score]
    if points != sorted(set(points)) or less != sorted(less):
        raise ValueError("more points never cost more: the steps ascend in points and in what they take off")
    if rules.base_rate < rules.proved_income + max(less, default=Decimal(0)):
        raise ValueError("what is taken off cannot be more than the base rate")
    return rules


def _step(value: Any) -> ScoreStep:
    if type(value["from_points"]) is not int:
        raise TypeError(f"expected a whole number, not {value['from_points']!r}")
    return ScoreStep(value["from_points"], fraction(value["less"]))
