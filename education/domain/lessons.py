"""
Lessons as they lie in `education/content/`: a folder per lesson with one Markdown file per language and one quiz.

`{{ figure:name }}` in a text is replaced by a computed figure, so that a wrong number cannot be typed. Content is part
of the program: it is read once per process, and a lesson that lacks a language, a figure or a right option stops the
program's checks, never a reader.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import nh3
import yaml
from markdown_it import MarkdownIt

from education.domain.figures import figures_of

CONTENT = Path(__file__).resolve().parents[1] / "content"
LANGUAGES = ("zh-hans", "zh-hant", "en")

_PLACEHOLDER = re.compile(r"\{\{\s*figure:(\w+)\s*\}\}")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_TAGS = {
    "h2",
    "h3",
    "p",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "br",
}


class BrokenLesson(Exception):
    """The content of a lesson contradicts itself: our own mistake, named with the file."""


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    text: str
    feedback: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Question:
    code: str
    text: str
    options: tuple[Option, ...]

    def option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson in one language. `html` is sanitized; `legal_facts_on` is the day its legal facts were checked."""

    slug: str
    language: str
    order: int
    title: str
    summary: str
    minutes: int
    legal_facts_on: date
    sources: tuple[str, ...]
    html: str
    questions: tuple[Question, ...]

    def question(self, code: str) -> Question | None:
        return next((question for question in self.questions if question.code == code), None)


@cache
def slugs() -> tuple[str, ...]:
    """Return the slugs of all lessons in their order of reading."""
    found = [folder.name for folder in CONTENT.iterdir() if folder.is_dir()]
    return tuple(sorted(found, key=lambda slug: load_lesson(slug, LANGUAGES[0]).order))


@cache
def load_lesson(slug: str, language: str) -> Lesson:
    """
    Read a lesson of `slugs()` in one of `LANGUAGES`.

    :raises BrokenLesson: a placeholder names no figure, or the quiz is incomplete.
    """
    path = CONTENT / slug / f"{language}.md"
    matched = _FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    if matched is None:
        raise BrokenLesson(f"{path}: no front matter")
    figures = figures_of(slug)
    head: dict[str, Any] = yaml.safe_load(matched.group(1))
    body = with_figures(matched.group(2), figures, where=str(path))
    return Lesson(
        slug=slug,
        language=language,
        order=head["order"],
        title=head["title"],
        summary=with_figures(head["summary"], figures, where=str(path)),
        minutes=head["minutes"],
        legal_facts_on=head["legal_facts_on"],
        sources=tuple(head["sources"]),
        html=nh3.clean(MarkdownIt("commonmark").enable("table").render(body), tags=_TAGS, attributes={}),
        questions=_load_questions(CONTENT / slug / "quiz.yaml", language, figures),
    )


def with_figures(text: str, figures: Mapping[str, str], *, where: str) -> str:
    def figure(found: re.Match[str]) -> str:
        try:
            return figures[found.group(1)]
        except KeyError:
            raise BrokenLesson(f"{where}: there is no figure {found.group(1)!r}") from None

    return _PLACEHOLDER.sub(figure, text)


def _load_questions(path: Path, language: str, figures: Mapping[str, str]) -> tuple[Question, ...]:
    def say(texts: Mapping[str, str]) -> str:
        return with_figures(texts[language], figures, where=str(path))

    questions = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]:
        options = tuple(
            Option(code, say(option["text"]), say(option["feedback"]), code == entry["right"])
            for code, option in entry["options"].items()
        )
        if sum(option.is_right for option in options) != 1:
            raise BrokenLesson(f"{path}: question {entry['code']!r} needs exactly one right option")
        questions.append(Question(entry["code"], say(entry["text"]), options))
    return tuple(questions)
