"""How strategies of the desk know a borrower, and when a trial of one is stopped, as a policy pack writes it."""

from dataclasses import dataclass
from typing import Any

from dashu.policy.plain import count, whole


@dataclass(frozen=True, slots=True)
class CapacityRule:
    """
    What a month leaves, against what the loans that are behind ask for in a month.

    :param told_days: what was told longer ago is not known any more.
    :param able_from_bps: of what is asked for; from this share on, the month carries it.
    """

    told_days: int
    able_from_bps: int


@dataclass(frozen=True, slots=True)
class ReadinessRule:
    """
    Points for what a borrower did within `days`, each counted up to `most` times.

    :param opened: a message opened in their account, by day only: nobody is judged by what they read at night.
    :param kept, broken: a promise. :param paid: a payment made by themselves, signed in.
    :param day_from, day_to: hours of the lender's day between which opening a message counts.
    """

    days: int
    opened: int
    kept: int
    broken: int
    paid: int
    most: int
    some_from: int
    high_from: int
    day_from: int
    day_to: int


@dataclass(frozen=True, slots=True)
class TrialRule:
    """
    How a challenger is held against the champion.

    :param window_days: after a borrower was drawn, in which what happens counts.
    :param least_people: on each side; with fewer, nothing is concluded.
    :param most_share_bps: of the borrowers whom a challenger may have.
    """

    window_days: int
    least_people: int
    most_share_bps: int


@dataclass(frozen=True, slots=True)
class StrategyRules:
    capacity: CapacityRule
    readiness: ReadinessRule
    trial: TrialRule


def strategies_of(value: Any) -> StrategyRules:
    rules = StrategyRules(
        CapacityRule(**{name: count(number) for name, number in value["capacity"].items()}),
        ReadinessRule(**{name: whole(number) for name, number in value["readiness"].items()}),
        TrialRule(**{name: count(number) for name, number in value["trial"].items()}),
    )
    readiness = rules.readiness
    if not (1 <= readiness.days <= 365 and 1 <= readiness.most <= 20 and 1 <= rules.capacity.told_days <= 1_000):
        raise ValueError(f"people are judged by what they did lately, not by {value}")
    if not readiness.some_from < readiness.high_from:
        raise ValueError(f"some_from lies below high_from, not {readiness}")
    if not 0 <= readiness.day_from < readiness.day_to <= 24:
        raise ValueError(f"a day has its hours between 0 and 24, not {readiness}")
    if not (1 <= rules.trial.window_days <= 180 and rules.trial.least_people >= 10):
        raise ValueError(f"a trial looks at 1 to 180 days of 10 people at least, not {rules.trial}")
    if not 1 <= rules.trial.most_share_bps <= 5_000:
        raise ValueError(f"a challenger has no more than half, not {rules.trial}")
    return rules
