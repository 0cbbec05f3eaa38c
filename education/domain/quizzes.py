"""
The questions of a lesson. Each is asked in several ways: first as it stands, later, after days, by one of its variants.

A variant says the same thing anew and keeps the options. A figure that has a twin for the variant, such as `owed_again`
for `owed` in the variant `again`, is replaced by it, so that a number cannot be learned by heart.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from education.domain.placeholders import with_figures
from education.domain.words import BrokenLesson

FIRST = "first"


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    text: str
    feedback: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of asking. Option codes are those of the question, so answers to any variant count as the same."""

    code: str
    text: str
    options: tuple[Option, ...]
    may_repeat: bool


@dataclass(frozen=True, slots=True)
class Question:
    """
    :param skill: stable code of what the question tests, one of the lesson's.
    :param variants: all ways of asking, the first as the lesson asks it.
    """

    code: str
    skill: str
    variants: tuple[Variant, ...]

    @property
    def text(self) -> str:
        return self.variants[0].text

    @property
    def options(self) -> tuple[Option, ...]:
        return self.variants[0].options

    @property
    def repeats(self) -> tuple[Variant, ...]:
        """The ways in which it can be asked again after days."""
        return tuple(variant for variant in self.variants if variant.may_repeat)

    def option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)


def read_questions(
    entries: Iterable[Mapping[str, Any]], language: str, figures: Mapping[str, str], *, where: str
) -> tuple[Question, ...]:
    """
    Read the questions of one lesson in one language.

    :raises BrokenLesson: a question has not exactly one right option, a code is no text, or it names no such figure.
    """
    return tuple(_question(entry, language, figures, where) for entry in entries)


def _question(entry: Mapping[str, Any], language: str, figures: Mapping[str, str], where: str) -> Question:
    if entry["right"] not in entry["options"]:
        raise BrokenLesson(f"{where}: question {entry['code']!r} needs exactly one right option")
    if not all(isinstance(code, str) for code in entry["options"]):  # YAML reads a bare `no` as false
        raise BrokenLesson(f"{where}: question {entry['code']!r} has an option whose code is no text")
    first = {"code": FIRST, "text": entry["text"], "repeat": entry.get("repeat", False)}
    ways: Iterable[Mapping[str, Any]] = [first, *entry.get("variants", ())]

    def variant(way: Mapping[str, Any]) -> Variant:
        say = _speaker(language, _figures_of_variant(figures, way["code"]), where)
        options = tuple(
            Option(code, say(option["text"]), say(option["feedback"]), code == entry["right"])
            for code, option in entry["options"].items()
        )
        return Variant(way["code"], say(way["text"]), options, way.get("repeat", False))

    return Question(entry["code"], entry["skill"], tuple(map(variant, ways)))


def _speaker(language: str, figures: Mapping[str, str], where: str) -> Callable[[Mapping[str, str]], str]:
    return lambda texts: with_figures(texts[language], figures, where=where)


def _figures_of_variant(figures: Mapping[str, str], variant: str) -> Mapping[str, str]:
    ending = f"_{variant}"
    return {**figures, **{name.removesuffix(ending): text for name, text in figures.items() if name.endswith(ending)}}
