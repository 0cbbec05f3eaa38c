"""
A walk through the case of a made-up borrower, for practice: what is told, what can be chosen, and what it leads to.

Nothing here touches a row. What the contact guard says of the made-up facts is its real answer, by the rules of a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from collections_mgmt.domain.contact_question import ContactQuestion, parse_contact_question

FILE = Path(__file__).parents[1] / "training" / "walk.yaml"
LANGUAGES = ("en", "zh-hans", "zh-hant")
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """:param key: that of the act on the page of a real file. :param why: what it leads to."""

    code: str
    key: str
    is_right: bool
    text: Texts
    why: Texts


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the contact guard, as `check_contact` takes it, with days that count from today."""

    name: Texts
    question: Mapping[str, Any]

    def on(self, today: date, zone: ZoneInfo) -> ContactQuestion:
        return parse_contact_question({**_dated(self.question, today, zone), "debtor_tz": zone.key})


@dataclass(frozen=True, slots=True)
class Step:
    code: str
    title: Texts
    told: Texts
    asked: Texts
    choices: tuple[Choice, ...]
    guard: tuple[Ask, ...]

    def choice(self, code: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.code == code), None)


@dataclass(frozen=True, slots=True)
class Walk:
    """
    :param loans: (number, overdue in fen, days past due). :param month: what a month holds, in fen.
    :param amounts, days: what texts name in braces; days count from today.
    """

    name: Texts
    number: str
    about: Texts
    loans: tuple[tuple[str, int, int], ...]
    month: tuple[tuple[Texts, int], ...]
    amounts: Mapping[str, int]
    days: Mapping[str, int]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """
    Where somebody is. :param tried: what they chose at this step. :param right: steps that were right at once.
    """

    place: int = 0
    tried: tuple[str, ...] = ()
    right: int = 0

    def is_solved(self, walk: Walk) -> bool:
        if self.is_done(walk):
            return False
        choices = map(walk.steps[self.place].choice, self.tried)
        return any(choice is not None and choice.is_right for choice in choices)

    def is_done(self, walk: Walk) -> bool:
        return self.place >= len(walk.steps)

    def chosen(self, walk: Walk, step: str, code: str) -> "Progress":
        """Return where one is after a choice; one of another step, twice, or after the right one changes nothing."""
        if self.is_done(walk) or self.is_solved(walk) or code in self.tried or walk.steps[self.place].code != step:
            return self
        choice = walk.steps[self.place].choice(code)
        if choice is None:
            return self
        at_once = choice.is_right and not self.tried
        return replace(self, tried=(*self.tried, code), right=self.right + at_once)

    def went_on(self, walk: Walk, step: str) -> "Progress":
        """Return the next step, once this one is solved."""
        if not self.is_solved(walk) or walk.steps[self.place].code != step:
            return self
        return Progress(place=self.place + 1, right=self.right)


@cache
def walk_of_training() -> Walk:
    return read_walk(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def read_walk(raw: Any) -> Walk:
    """
    Read the walk.

    :raises ValueError: a text is missing in a language, a step has not one right choice, or a key is there twice.
    :raises KeyError: something is missing, or a text names what is not there.
    """
    walk = Walk(
        name=_texts(raw["person"]["name"]),
        number=str(raw["person"]["number"]),
        about=_texts(raw["person"]["about"]),
        loans=tuple((str(loan["number"]), int(loan["overdue"]), int(loan["days"])) for loan in raw["loans"]),
        month=tuple((_texts(line["name"]), int(line["minor"])) for line in raw["month"]),
        amounts={str(name): int(minor) for name, minor in raw["amounts"].items()},
        days={str(name): int(days) for name, days in raw["days"].items()},
        steps=tuple(_step(step) for step in raw["steps"]),
    )
    values = dict.fromkeys([*walk.amounts, *walk.days], "")
    for step in walk.steps:
        for texts in (step.told, *(choice.text for choice in step.choices), *(choice.why for choice in step.choices)):
            for text in texts.values():
                text.format_map(values)
    codes = [step.code for step in walk.steps]
    if not codes or len(codes) != len(set(codes)):
        raise ValueError(f"expected steps, each once, not {codes}")
    return walk


def _step(raw: Any) -> Step:
    step = Step(
        code=str(raw["code"]),
        title=_texts(raw["title"]),
        told=_texts(raw["told"]),
        asked=_texts(raw["asked"]),
        choices=tuple(
            Choice(
                code=str(each["code"]),
                key=str(each["key"]),
                is_right=each.get("is_right", False) is True,
                text=_texts(each["text"]),
                why=_texts(each["why"]),
            )
            for each in raw["choices"]
        ),
        guard=tuple(Ask(_texts(each["name"]), each["question"]) for each in raw.get("guard", ())),
    )
    if sum(choice.is_right for choice in step.choices) != 1:
        raise ValueError(f"{step.code} has exactly one right choice")
    for found in ([choice.key for choice in step.choices], [choice.code for choice in step.choices]):
        if len(found) != len(set(found)):
            raise ValueError(f"{step.code} has one choice for each key, not {found}")
    return step


def _texts(raw: Any) -> Texts:
    if set(raw) != set(LANGUAGES) or not all(isinstance(text, str) and text.strip() for text in raw.values()):
        raise ValueError(f"expected a text in each of {', '.join(LANGUAGES)}, not {raw!r}")
    return dict(raw)


def _dated(value: Any, today: date, zone: ZoneInfo) -> Any:
    if isinstance(value, Mapping):
        if value.keys() == {"days", "time"}:
            day = today + timedelta(days=value["days"])
            return datetime.combine(day, time.fromisoformat(value["time"]), tzinfo=zone).isoformat()
        return {name: _dated(each, today, zone) for name, each in value.items()}
    return [_dated(each, today, zone) for each in value] if isinstance(value, list) else value
