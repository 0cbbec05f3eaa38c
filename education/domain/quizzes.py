"""
The questions of a lesson. Each is asked in several ways: first as it stands, later, after days, by one of its variants.

A variant says the same thing anew and keeps the options. A figure that has a twin for the variant, such as `owed_again`
for `owed` in the variant `again`, is replaced by it, so that a number cannot be learned by heart.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

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


def load_questions(path: Path, language: str, figures: Mapping[str, str]) -> tuple[Question, ...]:
    """
    Read the questions of one lesson in one language.

    :raises BrokenLesson: a question has not exactly one right option, or names no such figure.
    """
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
    return tuple(_question(entry, path, language, figures) for entry in entries)


def _question(entry: Mapping[str, Any], path: Path, language: str, figures: Mapping[str, str]) -> Question:
    if entry["right"] not in entry["options"]:
        raise BrokenLesson(f"{path}: question {entry['code']!r} needs exactly one right option")
    first = {"code": FIRST, "text": entry["text"], "repeat": entry.get("repeat", False)}
    ways: Iterable[Mapping[str, Any]] = [first, *entry.get("variants", ())]

    def variant(way: Mapping[str, Any]) -> Variant:
        say = _speaker(language, _figures_of_variant(figures, way["code"]), str(path))
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
