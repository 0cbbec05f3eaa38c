"""
Lessons for reading, made of what is written: one Markdown file per language, one quiz, and the words of the charts.

The head of a Markdown file says what is not text; the body names figures, own figures, charts and images instead of
typing them (see `placeholders`), so that a wrong number cannot be typed. One loader reads the lessons that come with
the program and those that editors publish. The former are read once per process, and one that lacks a language, a
figure or a right option stops the program's checks, never a reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt

from education.domain.charts import ChartWords, draw
from education.domain.figures import charts_of, figures_of
from education.domain.own import OwnFigures
from education.domain.pictures import figure_of
from education.domain.placeholders import with_charts, with_figures, with_images, with_own
from education.domain.quizzes import Option, Question, read_questions
from education.domain.source import CONTENT, LessonSource, source_of_files
from education.domain.words import LANGUAGES, BrokenLesson

__all__ = [
    "CONTENT", "LANGUAGES", "PAGES", "BrokenLesson", "Lesson", "NextStep", "Option", "Question", "Source",
    "html_of", "is_safe_address", "lesson_for", "load_lesson", "read_lesson", "slugs", "with_figures",
]  # fmt: skip

# Where a next step may lead: stable codes, which the pages around the lessons turn into addresses.
PAGES = frozenset({
    "calculator:budget", "calculator:flat-vs-irr", "calculator:minimum-payment", "calculator:multi-loan",
    "calculator:penalty", "calculator:prepay", "complaints", "credit-record", "documents", "help", "home", "pay",
    "plans", "plans:month",
})  # fmt: skip

_TAGS = {
    "h2", "h3", "p", "strong", "em", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "br",
    "a",
}  # fmt: skip


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
    Read a lesson that comes with the program with a reader's own figures.

    :raises BrokenLesson: as `load_lesson`.
    """
    return read_lesson(_source(slug), language, own)


def read_lesson(source: LessonSource, language: str, own: OwnFigures | None = None) -> Lesson:
    """
    Make a lesson for reading of what is written, wherever it is kept.

    :raises BrokenLesson: something is missing, or a placeholder names nothing.
    """
    where = f"{source.where}, {language}"
    figures = figures_of(source.slug, language)
    try:
        head = source.head(language)
        return Lesson(
            slug=source.slug,
            language=language,
            order=head["order"],
            level=head["level"],
            title=head["title"],
            summary=with_figures(head["summary"], figures, where=where),
            minutes=head["minutes"],
            skills=tuple(head["skills"]),
            related=tuple(head["related"]),
            legal_facts_on=head["legal_facts_on"],
            sources=tuple(_source_of_fact(each) for each in head["sources"]),
            next_step=NextStep(**head["next_step"]),
            markdown=source.body(language),
            html=html_of(source, language, own),
            questions=read_questions(source.questions, language, figures, where=where),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BrokenLesson(f"{where}: {type(error).__name__} {error}") from error


def html_of(source: LessonSource, language: str, own: OwnFigures | None = None) -> str:
    """
    Return the body for reading, sanitized.

    :raises BrokenLesson: a placeholder names nothing, or a chart has no words.
    """
    where = f"{source.where}, {language}"
    body = with_figures(source.body(language), figures_of(source.slug, language), where=where)
    safe = _sanitized(MarkdownIt("commonmark").enable("table").render(with_own(body, own, language, where=where)))
    shown = {code: figure_of(about, language) for code, about in source.pictures.items()}
    return with_images(with_charts(safe, _drawn(source, language), where=where), shown, where=where)


def is_safe_address(address: str) -> bool:
    """Whether a link may lead there: to a page of ours, or by HTTPS to somebody else's."""
    if "\\" in address or any(sign <= " " for sign in address):
        return False
    return address.startswith("https://") or (address.startswith("/") and not address.startswith("//"))


@cache
def _source(slug: str) -> LessonSource:
    return source_of_files(slug)


def _source_of_fact(given: str | dict[str, str]) -> Source:
    return Source(given) if isinstance(given, str) else Source(**given)


def _sanitized(html: str) -> str:
    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=lambda _tag, name, value: value if name != "href" or is_safe_address(value) else None,
        url_schemes={"https"},
        link_rel="noopener noreferrer",
    )
    return safe.replace("<th></th>", "<td></td>")  # the corner of a table heads nothing


@lru_cache(maxsize=256)
def _drawn(source: LessonSource, language: str) -> Mapping[str, str]:
    charts, texts = charts_of(source.slug), source.chart_words
    if texts.keys() != charts.keys():
        raise BrokenLesson(f"{source.where}: the charts are {sorted(charts)}")
    words = {name: _words(texts[name], source, language) for name in charts}
    return {
        name: f'<figure class="lesson-chart"><figcaption>{escape(words[name].title)}</figcaption>'
        f"{draw(chart, words[name], f'{source.slug}-{name}')}</figure>"
        for name, chart in charts.items()
    }


def _words(texts: Mapping[str, Any], source: LessonSource, language: str) -> ChartWords:
    figures = figures_of(source.slug, language)

    def say(text: Mapping[str, str]) -> str:
        return with_figures(text[language], figures, where=f"{source.where}, charts")

    labels = {code: say(text) for code, text in texts["labels"].items()}
    return ChartWords(say(texts["title"]), say(texts["desc"]), labels, say(texts["axis"]) if "axis" in texts else "")
