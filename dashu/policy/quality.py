"""How the work of the desk is looked at afterwards, as a policy pack writes it: what is drawn, what is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import Any

from dashu.policy.plain import count, whole, yes_or_no
from dashu.policy.rate_bounds import fraction

LANGUAGES = frozenset({"zh-hans", "zh-hant", "en"})
BPS = 10_000


class Work(StrEnum):
    """What can be reviewed."""

    CONTACT = "CONTACT"
    NOTE = "NOTE"


@dataclass(frozen=True, slots=True)
class Draw:
    """How many are drawn of one person's work in a week. :param share: of it, rounded up; :param least: at least."""

    share: Decimal
    least: int

    def of(self, number: int) -> int:
        """Return how many of `number` are drawn; never more than there are."""
        return min(number, max(self.least, ceil(self.share * number)))


@dataclass(frozen=True, slots=True)
class Sampling:
    """
    :param work: what is drawn at random of contacts and of notes.
    :param raised: what is drawn besides of the work with people who complained or need special care.
    :param complaint_days: how long a complaint counts before the week.
    :param due_days: from the draw to the day by which it is reviewed.
    :param few: fewer reviews than this say little, and a report says so.
    """

    work: Mapping[Work, Draw]
    raised: Draw
    complaint_days: int
    due_days: int
    few: int


@dataclass(frozen=True, slots=True)
class Question:
    """
    :param weight: what a "yes" counts. :param is_critical: a "no" fails the whole.
    :param of: of what it is asked. :param ask: by language.
    """

    code: str
    weight: int
    is_critical: bool
    of: frozenset[Work]
    ask: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """:param pass_bps: the least share of the points, in basis points, at which a review is passed."""

    pass_bps: int
    questions: tuple[Question, ...]

    def of(self, work: Work) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if work in question.of)


def sampling_of(value: Any) -> Sampling:
    sampling = Sampling(
        work={Work(work): _draw(draw) for work, draw in value["work"].items()},
        raised=_draw(value["raised"]),
        complaint_days=count(value["complaint_days"]),
        due_days=whole(value["due_days"]),
        few=whole(value["few"]),
    )
    if set(sampling.work) != set(Work):
        raise ValueError(f"expected what is drawn of {', '.join(Work)}")
    if not (1 <= sampling.due_days <= 60 and sampling.few >= 1):
        raise ValueError(f"a review is due within 1 to 60 days, and few is at least 1, not {sampling}")
    return sampling


def scorecard_of(value: Any) -> Scorecard:
    card = Scorecard(int(fraction(value["pass"]) * BPS), tuple(_question(each) for each in value["questions"]))
    codes = [question.code for question in card.questions]
    if len(codes) != len(set(codes)):
        raise ValueError(f"each question once, not {codes}")
    if not all(card.of(work) for work in Work):
        raise ValueError("expected a question of each kind of work")
    if not 0 < card.pass_bps <= BPS:
        raise ValueError("pass is a share above 0 and at most 1")
    return card


def _draw(value: Any) -> Draw:
    draw = Draw(fraction(value["share"]), count(value["least"]))
    if not 0 <= draw.share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {draw.share}")
    return draw


def _question(each: Any) -> Question:
    question = Question(
        code=str(each["code"]),
        weight=whole(each["weight"]),
        is_critical=yes_or_no(each.get("critical", False)),
        of=frozenset(Work(work) for work in each["of"]),
        ask={str(language): str(text) for language, text in each["ask"].items()},
    )
    if question.weight < 1 or not question.of:
        raise ValueError(f"{question.code} counts at least 1 and is asked of something")
    if question.ask.keys() != LANGUAGES or not all(question.ask.values()):
        raise ValueError(f"{question.code} is asked in each of {', '.join(sorted(LANGUAGES))}")
    return question
