"""
The parts of a lesson that an editor writes one at a time: the facts, the text of a language, a question, the words of
the charts, the images.

A part is plain data. Putting one into a lesson leaves the others as they are, so two people can write on two parts.
"""

from collections.abc import Mapping
from typing import Any

from education.domain.source import CHARTS, IMAGES, QUIZ, TEXTS, LessonSource, text_file, written
from education.domain.words import LANGUAGES

FACTS, CHART_WORDS, PICTURES, QUESTION = "facts", "charts", "images", "question:"
# A lesson whose legal facts nobody looked at for so long is due, unless it says otherwise.
REVIEW_MONTHS = 6

_FACTS = ("order", "level", "minutes", "skills", "related", "legal_facts_on", "review_months")
_ORDER = (
    "order", "level", "title", "summary", "minutes", "skills", "related", "legal_facts_on", "review_months",
    "next_step", "sources",
)  # fmt: skip


def question_part(code: str) -> str:
    return f"{QUESTION}{code}"


def parts_of(source: LessonSource) -> list[str]:
    """Return the names of all parts that a lesson has."""
    questions = [question_part(each["code"]) for each in source.questions]
    charts = [CHART_WORDS] if source.chart_words else []
    return [FACTS, *LANGUAGES, *questions, *charts, *([PICTURES] if source.pictures else [])]


def part_of(source: LessonSource, part: str) -> Any:
    """Return a part as plain data; None where the lesson has no such question."""
    if part == FACTS:
        head = source.head(LANGUAGES[0])
        facts = {name: head[name] for name in _FACTS if name in head}
        return {"review_months": REVIEW_MONTHS, **facts, "page": head["next_step"]["page"]}
    if part in TEXTS:
        head = source.head(part)
        return {
            "title": head["title"],
            "summary": head["summary"],
            "next_step": head["next_step"]["text"],
            "sources": [_whole(each) for each in head["sources"]],
            "body": source.body(part),
        }
    if part == CHART_WORDS:
        return source.chart_words
    if part == PICTURES:
        return source.pictures
    code = part.removeprefix(QUESTION)
    return next((dict(each) for each in source.questions if each["code"] == code), None)


def with_part(source: LessonSource, part: str, given: Any) -> dict[str, str]:
    """Return the files of a lesson with one part written anew. :param given: None takes a question out."""
    files = dict(source.files)
    if part == FACTS:
        for language, name in TEXTS.items():
            files[name] = _with_facts(source, language, given)
    elif part in TEXTS:
        files[TEXTS[part]] = _with_text(source, part, given)
    elif part == CHART_WORDS:
        files[CHARTS] = written(given)
    elif part == PICTURES:
        files[IMAGES] = written(given)
    else:
        files[QUIZ] = _with_question(source, part.removeprefix(QUESTION), given)
    return files


def as_text(source: LessonSource, part: str) -> str:
    """Return a part as it is compared line by line; "" where there is none."""
    found = part_of(source, part)
    if not found:
        return ""
    if part in TEXTS:
        return written({name: each for name, each in found.items() if name != "body"}) + "\n" + found["body"]
    return written(found)


def blank_files(*, order: int, legal_facts_on: Any) -> dict[str, str]:
    """Return the files of a lesson that is still to be written."""
    head = {
        "order": order, "level": 1, "title": "", "summary": "", "minutes": 3, "skills": [], "related": [],
        "legal_facts_on": legal_facts_on, "next_step": {"text": "", "page": "home"}, "sources": [],
    }  # fmt: skip
    return {**{name: text_file(head, "") for name in TEXTS.values()}, QUIZ: written({"questions": []})}


def _with_facts(source: LessonSource, language: str, given: Mapping[str, Any]) -> str:
    head = source.head(language)
    head |= {name: given[name] for name in _FACTS if name in given}
    head["next_step"] = {"text": head["next_step"]["text"], "page": given["page"]}
    return _file(head, source.body(language))


def _with_text(source: LessonSource, language: str, given: Mapping[str, Any]) -> str:
    head = source.head(language) | {"title": given["title"], "summary": given["summary"]}
    head["next_step"] = {"text": given["next_step"], "page": head["next_step"]["page"]}
    head["sources"] = [each if each["address"] else each["name"] for each in given["sources"]]
    return _file(head, given["body"])


def _file(head: Mapping[str, Any], body: str) -> str:
    return text_file({name: head[name] for name in _ORDER if name in head}, body)


def _with_question(source: LessonSource, code: str, given: Mapping[str, Any] | None) -> str:
    """A question keeps its place; a new one comes last; `place`, where it is given, moves it there."""
    entries = [dict(each) for each in source.questions]
    place = next((at for at, each in enumerate(entries) if each["code"] == code), len(entries))
    del entries[place : place + 1]
    if given is not None:
        entry = dict(given)
        entries.insert(entry.pop("place", place), entry)
    return written({"questions": entries})


def _whole(given: str | Mapping[str, str]) -> dict[str, str]:
    return {"name": given, "address": ""} if isinstance(given, str) else {"address": "", **given}
