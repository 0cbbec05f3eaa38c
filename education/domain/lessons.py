"""
Lessons as they lie in `education/content/`: a folder per lesson with one Markdown file per language and one quiz.

The head of a Markdown file says what is not text; the body names figures, own figures and charts instead of typing
them (see `placeholders`), so that a wrong number cannot be typed. `charts.yaml` holds the words of a lesson's charts.
Content is part of the program: it is read once per process, and a lesson that lacks a language, a figure or a right
option stops the program's checks, never a reader.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import nh3
import yaml
from markdown_it import MarkdownIt

from education.domain.charts import ChartWords, draw
from education.domain.figures import charts_of, figures_of
from education.domain.own import OwnFigures
from education.domain.placeholders import with_charts, with_figures, with_own
from education.domain.quizzes import Option, Question, load_questions
from education.domain.words import LANGUAGES, BrokenLesson

__all__ = [
    "CONTENT", "LANGUAGES", "PAGES", "BrokenLesson", "Lesson", "NextStep", "Option", "Question", "Source",
    "lesson_for", "load_lesson", "slugs", "with_figures",
]  # fmt: skip

CONTENT = Path(__file__).resolve().parents[1] / "content"
# Where a next step may lead: stable codes, which the pages around the lessons turn into addresses.
PAGES = frozenset({
    "calculator:budget", "calculator:flat-vs-irr", "calculator:minimum-payment", "calculator:multi-loan",
    "calculator:penalty", "calculator:prepay", "complaints", "credit-record", "documents", "help", "home", "pay",
    "plans", "plans:month",
})  # fmt: skip

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


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact is from; `address` is empty where only the name is known."""

    name: str
    address: str = ""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing to do after reading, and which of `PAGES` it is done on."""

    text: str
    page: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """
    One lesson in one language.

    :param level: 1 basics, 2 managing, 3 in difficulty.
    :param skills: stable codes of what it teaches; every question tests one of them.
    :param legal_facts_on: the day its legal facts were checked.
    :param markdown: the body as it was written, with its placeholders.
    :param html: the body for reading, sanitized.
    """

    slug: str
    language: str
    order: int
    level: int
    title: str
    summary: str
    minutes: int
    skills: tuple[str, ...]
    related: tuple[str, ...]
    legal_facts_on: date
    sources: tuple[Source, ...]
    next_step: NextStep
    markdown: str
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
    Read a lesson of `slugs()` in one of `LANGUAGES`, with the figures of the example where a reader has own ones.

    :raises BrokenLesson: a placeholder names nothing, or the quiz is incomplete.
    """
    return lesson_for(slug, language, None)


def lesson_for(slug: str, language: str, own: OwnFigures | None) -> Lesson:
    """
    Read a lesson with a reader's own figures.

    :raises BrokenLesson: as `load_lesson`.
    """
    path = CONTENT / slug / f"{language}.md"
    where = str(path)
    head, body = _parts(path)
    figures = figures_of(slug, language)
    return Lesson(
        slug=slug,
        language=language,
        order=head["order"],
        level=head["level"],
        title=head["title"],
        summary=with_figures(head["summary"], figures, where=where),
        minutes=head["minutes"],
        skills=tuple(head["skills"]),
        related=tuple(head["related"]),
        legal_facts_on=head["legal_facts_on"],
        sources=tuple(_source(each) for each in head["sources"]),
        next_step=NextStep(**head["next_step"]),
        markdown=body,
        html=_html(with_own(with_figures(body, figures, where=where), own, language, where=where), slug, language),
        questions=load_questions(CONTENT / slug / "quiz.yaml", language, figures),
    )


def _parts(path: Path) -> tuple[dict[str, Any], str]:
    matched = _FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    if matched is None:
        raise BrokenLesson(f"{path}: no front matter")
    return yaml.safe_load(matched.group(1)), matched.group(2)


def _source(given: str | dict[str, str]) -> Source:
    return Source(given) if isinstance(given, str) else Source(**given)


def _html(markdown: str, slug: str, language: str) -> str:
    safe = nh3.clean(MarkdownIt("commonmark").enable("table").render(markdown), tags=_TAGS, attributes={})
    # The corner of a table heads nothing.
    return with_charts(safe.replace("<th></th>", "<td></td>"), _drawn(slug, language), where=f"{slug}, {language}")


@cache
def _drawn(slug: str, language: str) -> dict[str, str]:
    charts = charts_of(slug)
    if not charts:
        return {}
    path = CONTENT / slug / "charts.yaml"
    texts = yaml.safe_load(path.read_text(encoding="utf-8"))
    if texts.keys() != charts.keys():
        raise BrokenLesson(f"{path}: the charts are {sorted(charts)}")
    words = {name: _words(texts[name], slug, language) for name in charts}
    return {
        name: f'<figure class="lesson-chart"><figcaption>{escape(words[name].title)}</figcaption>'
        f"{draw(chart, words[name], f'{slug}-{name}')}</figure>"
        for name, chart in charts.items()
    }


def _words(texts: dict[str, Any], slug: str, language: str) -> ChartWords:
    figures = figures_of(slug, language)

    def say(text: dict[str, str]) -> str:
        return with_figures(text[language], figures, where=f"{slug}, charts")

    labels = {code: say(text) for code, text in texts["labels"].items()}
    return ChartWords(say(texts["title"]), say(texts["desc"]), labels, say(texts["axis"]) if "axis" in texts else "")
