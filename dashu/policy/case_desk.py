"""Whose turn it is at the collections desk, and what is suggested there, as a policy pack writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dashu.policy.plain import count, whole

BPS = 10_000


class Fact(StrEnum):
    """What the close finds of a borrower who is behind. Rules name these and no others."""

    FIRST_TIME = "FIRST_TIME"
    SEVERAL_LOANS = "SEVERAL_LOANS"
    PAID_LATELY = "PAID_LATELY"
    PROMISE_RUNS = "PROMISE_RUNS"
    PROMISE_KEPT = "PROMISE_KEPT"
    PROMISE_BROKEN = "PROMISE_BROKEN"
    HELP_ASKED = "HELP_ASKED"
    HELP_BEFORE = "HELP_BEFORE"
    COMPLAINT = "COMPLAINT"
    DISPUTE = "DISPUTE"
    HOLD = "HOLD"
    CARE = "CARE"
    BUSINESS = "BUSINESS"


class Step(StrEnum):
    """What can be suggested at a case; NOTHING is always among what can be chosen."""

    NOTHING = "NOTHING"
    ANSWER_HELP = "ANSWER_HELP"
    ANSWER_COMPLAINT = "ANSWER_COMPLAINT"
    CARE_REVIEW = "CARE_REVIEW"
    ASK_AFTER = "ASK_AFTER"
    OFFER_PLAN = "OFFER_PLAN"
    REMIND = "REMIND"
    LEGAL_REVIEW = "LEGAL_REVIEW"


@dataclass(frozen=True, slots=True)
class Points:
    """
    Basis points by effective days past due, and what facts add or take off; the sum is held within `low` and `high`.

    :param bands: (from days, points), rising from 0 days.
    """

    bands: tuple[tuple[int, int], ...]
    facts: Mapping[Fact, int]
    low: int
    high: int

    def of_days(self, days: int) -> int:
        return max((band for band in self.bands if band[0] <= days), key=lambda band: band[0])[1]

    def within(self, points: int) -> int:
        return min(max(points, self.low), self.high)


@dataclass(frozen=True, slots=True)
class PriorityRules:
    """
    What puts one borrower's file before another's.

    :param care_from: from this risk of harm on, the file goes to people trained for it.
    :param kept_days, paid_days, help_days: how far back promises, payments and requests for help are looked for.
    """

    cure: Points
    harm: Points
    care_from: int
    kept_days: int
    paid_days: int
    help_days: int


@dataclass(frozen=True, slots=True)
class DeskRules:
    """
    How files are worked on.

    :param claim_minutes: a file is let go of when its page was closed for so long.
    :param contact_days: from the day a file opens to the day by which somebody has tried to reach the borrower.
    :param review_days: between two looks at a file, by the level from which on they hold.
    :param waits: days until a file comes back, by why it waits.
    :param longest_wait: days a file can be put off at once.
    :param skills: what the people need who work on a file with a fact.
    :param care_skill: what they need at a risk of harm from `care_from` on.
    :param level_skills: what they need from a level on.
    """

    claim_minutes: int
    contact_days: int
    review_days: Mapping[int, int]
    waits: Mapping[str, int]
    longest_wait: int
    skills: Mapping[Fact, str]
    care_skill: str
    level_skills: Mapping[int, str]

    def review_in(self, level: int) -> int:
        return self.review_days[max(known for known in self.review_days if known <= level)]


WAITS = ("PROMISE", "HOLD", "ANSWER", "PAYMENT", "LOOKED", "OTHER")


@dataclass(frozen=True, slots=True)
class StepRule:
    """A step and when it is suggested. :param facts: all of them hold. :param without: none of them does."""

    step: Step
    facts: frozenset[Fact]
    without: frozenset[Fact]
    from_days: int
    to_days: int | None


def priority_of(value: Any) -> PriorityRules:
    rules = PriorityRules(
        cure=_points(value["cure"]),
        harm=_points(value["harm"]),
        care_from=whole(value["care_from"]),
        kept_days=count(value["kept_days"]),
        paid_days=count(value["paid_days"]),
        help_days=count(value["help_days"]),
    )
    if not rules.harm.low < rules.care_from <= rules.harm.high:
        raise ValueError(f"care_from lies within the risk of harm that there can be, not {rules.care_from}")
    return rules


def desk_of(value: Any) -> DeskRules:
    rules = DeskRules(
        claim_minutes=whole(value["claim_minutes"]),
        contact_days=count(value["contact_days"]),
        review_days={whole(each["from_level"]): count(each["days"]) for each in value["review_days"]},
        waits={str(why): count(days) for why, days in value["waits"].items()},
        longest_wait=whole(value["longest_wait"]),
        skills={Fact(fact): str(skill) for fact, skill in value["skills"].items()},
        care_skill=str(value["care_skill"]),
        level_skills={whole(each["from_level"]): str(each["skill"]) for each in value["level_skills"]},
    )
    if not (2 <= rules.claim_minutes <= 120 and 1 <= rules.longest_wait <= 90):
        raise ValueError(f"a claim lasts 2 to 120 minutes, a wait 1 to 90 days, not {rules}")
    if 1 not in rules.review_days or set(rules.waits) != set(WAITS):
        raise ValueError(f"expected review_days from level 1 on and waits of {', '.join(WAITS)}")
    if not all(1 <= days <= rules.longest_wait for days in rules.waits.values()):
        raise ValueError(f"a wait lasts from a day to longest_wait, not {dict(rules.waits)}")
    return rules


def steps_of(value: Any) -> tuple[StepRule, ...]:
    """Read the rules in the order in which they are asked; the last one fits every file."""
    rules = tuple(
        StepRule(
            step=Step(each["step"]),
            facts=frozenset(Fact(fact) for fact in each.get("when", ())),
            without=frozenset(Fact(fact) for fact in each.get("without", ())),
            from_days=count(each.get("from_days", 0)),
            to_days=None if each.get("to_days") is None else count(each["to_days"]),
        )
        for each in value
    )
    if not rules or (rules[-1].facts, rules[-1].without, rules[-1].from_days, rules[-1].to_days) != (
        frozenset(),
        frozenset(),
        0,
        None,
    ):
        raise ValueError("the last rule has a step and no condition")
    return rules


def words_of(value: Any) -> tuple[str, ...]:
    """Read words that no note may hold: what shames or threatens has no place in a file."""
    words = tuple(str(word).casefold() for word in value)
    if not words or not all(words):
        raise ValueError("expected words")
    return words


def _points(value: Any) -> Points:
    points = Points(
        bands=tuple((count(band["from_days"]), whole(band["bps"])) for band in value["by_days"]),
        facts={Fact(fact): whole(bps) for fact, bps in value["facts"].items()},
        low=whole(value["low"]),
        high=whole(value["high"]),
    )
    days = [band[0] for band in points.bands]
    if not days or days[0] != 0 or days != sorted(set(days)):
        raise ValueError(f"by_days rises from 0 days, not {days}")
    if not 0 <= points.low < points.high <= BPS:
        raise ValueError(f"low and high lie between 0 and {BPS}, not {points.low} and {points.high}")
    return points
