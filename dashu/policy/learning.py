"""
How people learn with us, as a policy pack writes it: when questions come again, which lesson fits which moment, and
which part of the people is not pointed to it, so that the effect can be measured.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dashu.policy.plain import count, whole, yes_or_no
from dashu.policy.reaching_out import Holdout, holdout_of

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Moment(StrEnum):
    """What happens to somebody and has a lesson that fits."""

    CONTRACT_SIGNED = "CONTRACT_SIGNED"
    FIRST_DUE = "FIRST_DUE"
    MINIMUM_PAID = "MINIMUM_PAID"
    SECOND_INQUIRY = "SECOND_INQUIRY"
    OVERDUE = "OVERDUE"
    OFFER_MADE = "OFFER_MADE"
    PLAN_ACCEPTED = "PLAN_ACCEPTED"


@dataclass(frozen=True, slots=True)
class Repeats:
    """
    When a question comes again.

    :param after_days: after it was right for the first, second and third time, rising; then it rests.
    :param questions_a_day: so many are offered on one day, the longest due first.
    :param mastered_after: a skill is mastered when each of its questions was right again after so many waits.
    """

    after_days: tuple[int, ...]
    questions_a_day: int
    mastered_after: int


@dataclass(frozen=True, slots=True)
class MomentRule:
    """:param lesson: the slug. :param has_message: whether one message says so, beside the card."""

    lesson: str
    has_message: bool


@dataclass(frozen=True, slots=True)
class JustInTime:
    """
    Which lesson is shown at which moment, and how often at most.

    :param messages_a_month: to one person within 30 days, however many moments there are.
    :param card_days: for how long the card stands; a lesson comes at its moment or not at all.
    :param not_now_days: for how long "not now" puts it away.
    :param first_due_days: so many days before the first due date.
    :param inquiries, within_days: so many lenders that looked for new credit within so many days are the moment.
    """

    moments: Mapping[Moment, MomentRule]
    messages_a_month: int
    card_days: int
    not_now_days: int
    first_due_days: int
    inquiries: int
    within_days: int


@dataclass(frozen=True, slots=True)
class Encouragement:
    """
    How the effect is measured. Both were fixed before anybody was drawn; a new experiment is drawn anew.

    :param holdout: the part of the people who get neither card nor message; the lessons stay open to them.
    :param window_days: the installments that fall due within so many days of the moment are what is looked at.
    :param least: persons in each part below which nothing is said.
    """

    holdout: Holdout
    window_days: int
    least: int


def repeats_of(value: Any) -> Repeats:
    days = tuple(_least_1(day) for day in value["after_days"])
    if not days or list(days) != sorted(set(days)):
        raise ValueError(f"after_days must be rising numbers of days, not {list(days)}")
    repeats = Repeats(days, _least_1(value["questions_a_day"]), count(value["mastered_after"]))
    if repeats.mastered_after > len(days):
        raise ValueError(f"mastered_after lies between 0 and {len(days)}, not {repeats.mastered_after}")
    return repeats


def just_in_time_of(value: Any) -> JustInTime:
    moments = {Moment(name): _moment_of(told) for name, told in value["moments"].items()}
    numbers = {
        name: _least_1(value[name])
        for name in ("card_days", "not_now_days", "first_due_days", "inquiries", "within_days")
    }
    return JustInTime(moments=moments, messages_a_month=count(value["messages_a_month"]), **numbers)


def encouragement_of(value: Any) -> Encouragement:
    return Encouragement(holdout_of(value), _least_1(value["window_days"]), _least_1(value["least"]))


def _moment_of(value: Any) -> MomentRule:
    if set(value) != {"lesson", "has_message"}:
        raise ValueError(f"a moment takes lesson and has_message, not {', '.join(sorted(value))}")
    if not isinstance(value["lesson"], str) or not _SLUG.fullmatch(value["lesson"]):
        raise ValueError(f"a lesson is named by its slug, such as annual-rate, not {value['lesson']!r}")
    return MomentRule(value["lesson"], yes_or_no(value["has_message"]))


def _least_1(value: Any) -> int:
    if whole(value) < 1:
        raise ValueError(f"expected a number above 0, not {value}")
    return int(value)
