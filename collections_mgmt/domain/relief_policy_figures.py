"""
What policies of relief come to, as figures with intervals: in all, per loan, and against what was done in the book.

Amounts are sums of whole minor units in exact arithmetic; an interval says how much hangs on which loans the book
happens to hold, and nothing of whether the assumptions are right.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

from collections_mgmt.domain.relief_policies import (
    FAR_DAYS,
    FIGURES,
    LATE_DAYS,
    BookLoan,
    Outcome,
    Policy,
    Replayed,
    Scenario,
    plus,
    sum_of,
    times,
)
from dashu.kernel.money import format_minor

SCENARIOS = (
    Scenario("cautious", Fraction(3, 10), Fraction(0)),
    Scenario("middle", Fraction(1, 2), Fraction(1, 4)),
    Scenario("hopeful", Fraction(7, 10), Fraction(1, 2)),
)
_RATES = ("late", "far")


def outcomes(replayed: Sequence[Replayed], policy: Policy, scenario: Scenario) -> list[Outcome]:
    return [each.outcome(policy, scenario) for each in replayed]


def less(found: Sequence[Outcome], base: Sequence[Outcome]) -> list[Outcome]:
    """Return what each loan has more than in another policy."""
    return [plus(one, times(other, Fraction(-1))) for one, other in zip(found, base, strict=True)]


def intervals(found: Sequence[Outcome], *, seed: int, resamples: int) -> Mapping[str, tuple[Fraction, Fraction]]:
    """
    Return for each figure of all loans together where it lies 95 times of 100, by a bootstrap over the loans.

    Percentiles 2.5 and 97.5 of the sums of as many loans drawn with replacement; Efron and Tibshirani 1993, ch. 13.
    """
    random = Random(seed)  # noqa: S311 – chance, no secret
    places = range(len(found))
    samples = [random.choices(places, k=len(found)) for _sample in range(resamples)]
    told = {}
    for name in FIGURES:
        millionths = [round(getattr(each, name) * 1_000_000) for each in found]
        sums = sorted(sum(millionths[place] for place in sample) for sample in samples)
        low, high = sums[resamples * 25 // 1000], sums[-1 - resamples * 25 // 1000]
        told[name] = (Fraction(low, 1_000_000), Fraction(high, 1_000_000))
    return told


def break_even(gain: Callable[[Fraction], Fraction], steps: int = 32) -> Fraction | None:
    """
    Return the smallest effect, to a part of `steps`, at which a gain is not below 0; None: not even at 1.

    :param gain: of an effect from 0 to 1, and rising with it; `steps` is a power of 2.
    """
    if gain(Fraction(1)) < 0:
        return None
    low, high = -1, steps  # below 0 at `low`, not below it at `high`
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if gain(Fraction(middle, steps)) >= 0 else (middle, high)
    return Fraction(high, steps)


def policies_told(
    replayed: Sequence[Replayed], *, currency: str, resamples: int, scenarios: Sequence[Scenario] = SCENARIOS
) -> dict[str, Any]:
    """Return the figures of each policy in each scenario, as plain JSON."""
    assert replayed, "there is at least one loan"
    return {
        "as_reported": _reported([each.loan for each in replayed]),
        "scenarios": [
            {
                "name": scenario.name,
                "acceptance": float(scenario.acceptance),
                "effect": float(scenario.effect),
                "policies": _by_policy(replayed, scenario, currency=currency, resamples=resamples),
            }
            for scenario in scenarios
        ],
        "break_even_effect": {
            policy.value: _number(break_even(_gain(replayed, policy, scenarios[len(scenarios) // 2])), 4)
            for policy in Policy
            if policy is not Policy.NONE
        },
    }


def _gain(replayed: Sequence[Replayed], policy: Policy, scenario: Scenario) -> Callable[[Fraction], Fraction]:
    none = sum_of(outcomes(replayed, Policy.NONE, scenario)).value

    def gain(effect: Fraction) -> Fraction:
        there = Scenario(scenario.name, scenario.acceptance, effect)
        return sum_of(outcomes(replayed, policy, there)).value - none

    return gain


def _by_policy(
    replayed: Sequence[Replayed], scenario: Scenario, *, currency: str, resamples: int
) -> dict[str, dict[str, Any]]:
    found = {policy: outcomes(replayed, policy, scenario) for policy in Policy}
    seed = replayed[0].seed

    def told(rows: Sequence[Outcome]) -> dict[str, Any]:
        return _figures(rows, intervals(rows, seed=seed, resamples=resamples), currency)

    return {
        policy.value: {
            **told(rows),
            **({} if policy is Policy.NONE else {"against_none": told(less(rows, found[Policy.NONE]))}),
            **({"against_reactive": told(less(rows, found[Policy.REACTIVE]))} if "proactive" in policy.value else {}),
        }
        for policy, rows in found.items()
    }


def _figures(rows: Sequence[Outcome], bounds: Mapping[str, tuple[Fraction, Fraction]], currency: str) -> dict[str, Any]:
    """Rates are shares of the loans; offers are counts; the present value stands in all and per loan."""
    found, count = sum_of(rows), len(rows)
    told: dict[str, Any] = {}
    for name in FIGURES:
        value, (low, high) = getattr(found, name), bounds[name]
        if name == "value":
            told["present_value"] = _money(value, (low, high), currency)
            told["present_value_per_loan"] = _money(value / count, (low / count, high / count), currency)
        elif name in _RATES:
            told[f"rate_{LATE_DAYS if name == 'late' else FAR_DAYS}"] = _told(value / count, low / count, high / count)
        else:
            told[name] = _told(value, low, high)
    return told


def _told(value: Fraction, low: Fraction, high: Fraction) -> dict[str, Any]:
    return {"value": _number(value, 4), "interval": [_number(low, 4), _number(high, 4)]}


def _money(value: Fraction, bounds: tuple[Fraction, Fraction], currency: str) -> dict[str, Any]:
    return {
        "value": format_minor(round(value), currency),
        "interval": [format_minor(round(bound), currency) for bound in bounds],
    }


def _number(value: Fraction | None, decimals: int) -> float | None:
    return None if value is None else round(float(value), decimals)


def _reported(loans: Sequence[BookLoan]) -> dict[str, Any]:
    """What the book's own servicer reported, to hold the replay against: it reports nothing once a loan is closed."""
    days = [day for loan in loans for day in loan.reported]
    worst = [max(loan.reported, default=0) for loan in loans]
    return {
        "arrears_months": sum(day > 0 for day in days),
        f"rate_{LATE_DAYS}": round(sum(day >= LATE_DAYS for day in worst) / len(loans), 4),
        f"rate_{FAR_DAYS}": round(sum(day >= FAR_DAYS for day in worst) / len(loans), 4),
    }
