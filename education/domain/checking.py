"""
What is wrong with a lesson, said at its place: for the editor while they write, and before anything is published.

An error keeps a lesson from being published; a hint is for the editor to weigh. Nothing here stops at the first find.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dashu.kernel import errors
from dashu.kernel.errors import _
from education.domain.figures import charts_of, figures_of
from education.domain.lessons import PAGES, html_of, is_safe_address, read_lesson
from education.domain.own import NAMES, NOTE
from education.domain.parts import CHART_WORDS, FACTS, PICTURES, part_of, question_part
from education.domain.readability import BOUNDS, MOST_ON_AVERAGE, readability, sentences
from education.domain.source import LessonSource
from education.domain.translations import SOURCE, differences, placeholders
from education.domain.typed_numbers import AMOUNT, unexplained, without_placeholders
from education.domain.words import LANGUAGES, BrokenLesson

LEAST_QUESTIONS, OPTIONS = 4, range(3, 5)
LONGEST_TITLE, LONGEST_SUMMARY = 80, 240

_ANY = re.compile(r"\{\{(.*?)\}\}|\{\{")
_KNOWN = re.compile(r"\s*(figure|own|chart|image):([\w-]+)\s*")
_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]*)")
_PICTURE = re.compile(r"!\[")
_HTML = re.compile(r"<\s*[a-zA-Z/!?]")
_SIMPLIFIED_ONLY, _TRADITIONAL_ONLY = frozenset("这个应还贷从们时间费为么"), frozenset("這個應還貸從們時間費為麼")

SENTENCES: Mapping[str, str] = {
    "missing": _("This is not written yet: %(what)s."),
    "too_long": _("This is longer than %(most)s characters: %(what)s."),
    "unknown_placeholder": _("Nothing is called %(name)s here."),
    "broken_placeholder": _("A placeholder is written like {{ figure:name }}, with figure, own, chart or image."),
    "not_alone": _("%(name)s stands in a paragraph of its own."),
    "typed_amount": _("“%(text)s” is typed. An amount or a rate is computed: name its figure."),
    "typed_number": _("“%(text)s” is a number that nobody computes. Is it a fact that stays?"),
    "no_note": _("With own figures the text also needs {{ own:note }}, which says whose they are."),
    "html": _("HTML is not taken; what it does is left out. Write Markdown."),
    "unsafe_link": _("“%(text)s” leads to no page of ours and not by https:// to another one. It is left out."),
    "unsafe_picture": _("A picture from elsewhere is not shown. Upload it, and name it as {{ image:name }}."),
    "length": _("The text has %(length)s words or characters; %(least)s to %(most)s can be read in a few minutes."),
    "sentences": _("Sentences have %(average)s words or characters on average; at most %(most)s are easy to read."),
    "differs": _("Not as in Simplified Chinese: %(kind)s %(source)s there, %(translation)s here."),
    "placeholders_differ": _("Missing against Simplified Chinese: %(source)s. Only here: %(translation)s."),
    "characters": _("These characters belong to the other script: %(text)s."),
    "range": _("%(what)s must be from %(least)s to %(most)s."),
    "unknown": _("Nothing is called “%(text)s”: %(what)s."),
    "future": _("The day of the legal facts lies ahead."),
    "too_few": _("At least %(least)s are needed: %(what)s."),
    "skill_unused": _("No question tests the skill “%(text)s”."),
    "right_option": _("Exactly one option is right."),
    "option_count": _("A question has three or four options."),
    "twice": _("“%(text)s” is there twice."),
    "no_repeat": _("It is never asked again: allow that for it or for another way of asking."),
    "image_unused": _("The image “%(text)s” is shown nowhere."),
    "broken": _("It cannot be read: %(text)s"),
}
HINTS = frozenset({"typed_number", "html", "differs", "characters", "no_repeat", "image_unused"})


@dataclass(frozen=True, slots=True)
class Problem:
    """
    :param part: see `education.domain.parts`. :param line: of the body, counted from 1; 0 where it is no line's.
    """

    part: str
    code: str
    line: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        return self.code not in HINTS

    @property
    def text(self) -> str:
        """The sentence in the language of the moment."""
        said = str(errors.translate(SENTENCES[self.code]))
        return (
            said % {name: errors.translate(str(value)) for name, value in self.params.items()} if self.params else said
        )


def problems_of(source: LessonSource, *, known: Iterable[str], today: date) -> list[Problem]:
    """Return all that is wrong. :param known: slugs that `related` may name."""
    try:
        found = [*_of_facts(source, frozenset(known), today)]
        for language in LANGUAGES:
            found += problems_of_text(source, language)
        found += [*_of_quiz(source), *_of_charts(source), *_of_pictures(source)]
    except (BrokenLesson, KeyError, TypeError, AttributeError, ValueError) as error:
        return [Problem(FACTS, "broken", params={"text": str(error)[:200]})]
    return found if any(each.is_error for each in found) else [*found, *_of_reading(source)]


def errors_of(found: Iterable[Problem]) -> list[Problem]:
    return [each for each in found if each.is_error]


def problems_of_text(source: LessonSource, language: str) -> list[Problem]:
    """Return what is wrong with the text of one language."""
    text, body = part_of(source, language), source.body(language)
    found = [*_of_words(text, language), *_of_placeholders(source, language), *_of_numbers(text, language)]
    found += [*_of_markup(body, language), *_of_script(body, language)]
    if not any(each.is_error for each in found):
        found += _of_reading_ease(source, language)
    if language != SOURCE and body.strip():
        found += _of_translation(source, language)
    return found


def _of_words(text: Mapping[str, Any], language: str) -> Iterator[Problem]:
    names = {"title": _("title"), "summary": _("summary"), "next_step": _("next step"), "body": _("text")}
    yield from (Problem(language, "missing", params={"what": said}) for name, said in names.items() if not text[name])
    for name, most in (("title", LONGEST_TITLE), ("summary", LONGEST_SUMMARY), ("next_step", LONGEST_TITLE)):
        if len(text[name]) > most:
            yield Problem(language, "too_long", params={"what": names[name], "most": most})
    if not text["sources"]:
        yield Problem(language, "missing", params={"what": _("sources")})
    for each in text["sources"]:
        if each["address"] and not is_safe_address(each["address"]):
            yield Problem(language, "unsafe_link", params={"text": each["address"]})


def _of_placeholders(source: LessonSource, language: str) -> Iterator[Problem]:
    body, head = source.body(language), source.head(language)
    names: Mapping[str, Any] = {
        "figure": figures_of(source.slug, language),
        "own": NAMES | {NOTE},
        "chart": charts_of(source.slug),
        "image": source.pictures,
    }
    for number, line in enumerate(body.splitlines(), start=1):
        for found in _ANY.finditer(line):
            matched = _KNOWN.fullmatch(found.group(1) or "")
            if matched is None:
                yield Problem(language, "broken_placeholder", number)
            elif matched.group(2) not in names[matched.group(1)]:
                yield Problem(language, "unknown_placeholder", number, {"name": found.group(0)})
            elif matched.group(1) in ("chart", "image") and line.strip() != found.group(0):
                yield Problem(language, "not_alone", number, {"name": found.group(0)})
    own = {name for name in placeholders(body) if name.startswith("own:")}
    if own and f"own:{NOTE}" not in own:
        yield Problem(language, "no_note")
    yield from _only_figures(head["summary"], names["figure"], language)


def _only_figures(text: str, figures: Mapping[str, str], part: str) -> Iterator[Problem]:
    """A summary, a question or a chart may name figures and nothing else."""
    for found in _ANY.finditer(text):
        matched = _KNOWN.fullmatch(found.group(1) or "")
        if matched is None:
            yield Problem(part, "broken_placeholder")
        elif matched.group(1) != "figure" or matched.group(2) not in figures:
            yield Problem(part, "unknown_placeholder", params={"name": found.group(0)})


def _of_numbers(text: Mapping[str, Any], language: str) -> Iterator[Problem]:
    for name in ("title", "summary", "next_step"):
        yield from typed_in(text[name], language)
    for number, line in enumerate(text["body"].splitlines(), start=1):
        yield from typed_in(line, language, number)


def typed_in(line: str, part: str, number: int = 0) -> Iterator[Problem]:
    """Return the amounts and rates that are typed in a line, and other numbers that nobody explains."""
    bare = without_placeholders(line)
    for amount in AMOUNT.findall(bare):
        yield Problem(part, "typed_amount", number, {"text": amount})
    if rest := unexplained(AMOUNT.sub("", bare)):
        yield Problem(part, "typed_number", number, {"text": rest})


def _of_markup(body: str, language: str) -> Iterator[Problem]:
    for number, line in enumerate(body.splitlines(), start=1):
        if _HTML.search(line):
            yield Problem(language, "html", number)
        if _PICTURE.search(line):
            yield Problem(language, "unsafe_picture", number)
        for address in links_in(line):
            if not is_safe_address(address):
                yield Problem(language, "unsafe_link", number, {"text": address})


def links_in(markdown: str) -> list[str]:
    """Return where the links of a text lead."""
    return _LINK.findall(markdown)


def _of_script(body: str, language: str) -> Iterator[Problem]:
    foreign = {"zh-hans": _TRADITIONAL_ONLY, "zh-hant": _SIMPLIFIED_ONLY}.get(language, frozenset())
    native = {"zh-hans": _SIMPLIFIED_ONLY, "zh-hant": _TRADITIONAL_ONLY}.get(language, frozenset())
    if found := sorted(set(body) & (foreign - native)):
        yield Problem(language, "characters", params={"text": "".join(found)})


def _of_reading_ease(source: LessonSource, language: str) -> Iterator[Problem]:
    try:
        html = html_of(source, language)
    except BrokenLesson:
        return  # what breaks it is said where it stands, such as at the charts
    if not sentences(html, language):
        return
    measured, (least, most) = readability(html, language), BOUNDS[language]
    if not least <= measured.length <= most:
        yield Problem(language, "length", params={"length": measured.length, "least": least, "most": most})
    if measured.average > MOST_ON_AVERAGE[language]:
        params = {"average": measured.average, "most": MOST_ON_AVERAGE[language]}
        yield Problem(language, "sentences", params=params)


def _of_translation(source: LessonSource, language: str) -> Iterator[Problem]:
    for each in differences(source, language):
        params = {"kind": KINDS[each.kind], "source": each.source, "translation": each.translation}
        yield Problem(language, "placeholders_differ" if each.kind == "placeholders" else "differs", params=params)


KINDS: Mapping[str, str] = {
    "headings": _("headings"),
    "paragraphs": _("paragraphs"),
    "items": _("items of lists"),
    "rows": _("rows of tables"),
    "quotes": _("quotes"),
    "placeholders": _("placeholders"),
    "sources": _("sources"),
}


def _of_facts(source: LessonSource, known: frozenset[str], today: date) -> Iterator[Problem]:
    facts = part_of(source, FACTS)
    for name, said, least, most in (
        ("level", _("Level"), 1, 3),
        ("minutes", _("Minutes"), 1, 5),
        ("review_months", _("Months until the next check"), 1, 24),
    ):
        if not least <= facts[name] <= most:
            yield Problem(FACTS, "range", params={"what": said, "least": least, "most": most})
    if facts["page"] not in PAGES:
        yield Problem(FACTS, "unknown", params={"text": facts["page"], "what": _("next step")})
    for slug in facts["related"]:
        if slug not in known or slug == source.slug:
            yield Problem(FACTS, "unknown", params={"text": slug, "what": _("related lessons")})
    if len(facts["related"]) < 2:
        yield Problem(FACTS, "too_few", params={"least": 2, "what": _("related lessons")})
    if not facts["skills"]:
        yield Problem(FACTS, "too_few", params={"least": 1, "what": _("skills")})
    if facts["legal_facts_on"] > today:
        yield Problem(FACTS, "future")


def _of_quiz(source: LessonSource) -> Iterator[Problem]:
    skills, codes = part_of(source, FACTS)["skills"], [each["code"] for each in source.questions]
    if len(codes) < LEAST_QUESTIONS:
        yield Problem(FACTS, "too_few", params={"least": LEAST_QUESTIONS, "what": _("questions")})
    tested = {each["skill"] for each in source.questions}
    yield from (Problem(FACTS, "skill_unused", params={"text": skill}) for skill in skills if skill not in tested)
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield Problem(question_part(code), "twice", params={"text": code})
    for each in source.questions:
        yield from _of_question(source, each, skills)


def _of_question(source: LessonSource, entry: Mapping[str, Any], skills: Iterable[str]) -> Iterator[Problem]:
    part = question_part(entry["code"])
    if entry["skill"] not in skills:
        yield Problem(part, "unknown", params={"text": entry["skill"], "what": _("skills")})
    if entry["right"] not in entry["options"]:
        yield Problem(part, "right_option")
    if len(entry["options"]) not in OPTIONS:
        yield Problem(part, "option_count")
    ways = entry.get("variants", ())
    if not any(way.get("repeat") for way in (entry, *ways)):
        yield Problem(part, "no_repeat")
    codes = ["first", *(way["code"] for way in ways)]
    yield from (Problem(part, "twice", params={"text": code}) for code in set(codes) if codes.count(code) > 1)
    named = {_("question"): entry["text"], **{way["code"]: way["text"] for way in ways}}
    for code, option in entry["options"].items():
        named |= {f"{code}": option["text"], f"{code}, {errors.translate(_('feedback'))}": option["feedback"]}
    for name, texts in named.items():
        yield from _of_texts(source, texts, part, name)


def _of_texts(source: LessonSource, texts: Mapping[str, str], part: str, name: str) -> Iterator[Problem]:
    """A short text in all languages."""
    for language in LANGUAGES:
        text = texts.get(language, "")
        if not text:
            yield Problem(part, "missing", params={"what": f"{name} ({language})"})
        yield from _only_figures(text, figures_of(source.slug, language), part)
        yield from typed_in(text, part)


def _of_charts(source: LessonSource) -> Iterator[Problem]:
    charts, texts = charts_of(source.slug), source.chart_words
    for name in sorted(charts.keys() ^ texts.keys()):
        yield Problem(CHART_WORDS, "unknown" if name in texts else "missing", params={"text": name, "what": name})
    for name in sorted(charts.keys() & texts.keys()):
        about = texts[name]
        said = {"title": about["title"], "desc": about["desc"], **about["labels"]}
        said |= {"axis": about["axis"]} if "axis" in about else {}
        for what, text in said.items():
            yield from _of_texts(source, text, CHART_WORDS, f"{name}, {what}")


def _of_pictures(source: LessonSource) -> Iterator[Problem]:
    shown = {name for language in LANGUAGES for name in placeholders(source.body(language))}
    for code, about in source.pictures.items():
        if f"image:{code}" not in shown:
            yield Problem(PICTURES, "image_unused", params={"text": code})
        for language in LANGUAGES:
            if not about["alt"].get(language):
                yield Problem(PICTURES, "missing", params={"what": f"{code}, alt ({language})"})


def _of_reading(source: LessonSource) -> Iterator[Problem]:
    """Whatever else would keep a reader from it."""
    for language in LANGUAGES:
        try:
            read_lesson(source, language)
        except BrokenLesson as error:
            yield Problem(language, "broken", params={"text": str(error)[:200]})
