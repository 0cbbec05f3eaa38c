"""What can be found in learning: lessons, words and calculators of one language, and how a find is shown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape

import yaml

from education.domain.excerpts import Piece, excerpt, pieces
from education.domain.glossary import glossary
from education.domain.lessons import CONTENT, Lesson
from education.domain.searching import Entry, Hit, Index

LESSON, TERM, CALCULATOR = "lesson", "term", "calculator"
MOST = 10
_TAG = re.compile(r"<figure\b.*?</figure>|<[^>]+>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """One hit as it is shown: its title and a part of its text in pieces, some of which were asked for."""

    kind: str
    key: str
    title: Sequence[Piece]
    excerpt: Sequence[Piece]


def search(asked: str, language: str, lessons: Iterable[Lesson], others: Iterable[Entry] = ()) -> list[Found]:
    """
    Return what fits what was asked, the best first, at most `MOST`; nothing where nothing fits.

    :param lessons: those for readers, in that language.
    :param others: entries beside lessons and words, such as the calculators.
    """
    return [_shown(hit, asked, language) for hit in hits(asked, language, lessons, others)]


def hits(asked: str, language: str, lessons: Iterable[Lesson], others: Iterable[Entry] = ()) -> Sequence[Hit]:
    return _index((*map(_of_lesson, lessons), *_of_terms(language), *others)).search(asked, MOST)


@lru_cache(maxsize=12)
def _index(entries: tuple[Entry, ...]) -> Index:
    return Index(entries)


@lru_cache(maxsize=200)
def _of_lesson(lesson: Lesson) -> Entry:
    names = " ".join(_names().get(lesson.slug, {}).values())
    text = " ".join(unescape(_TAG.sub(" ", lesson.html)).split())
    return Entry(LESSON, lesson.slug, lesson.title, f"{names} {lesson.summary}", text)


@cache
def _of_terms(language: str) -> tuple[Entry, ...]:
    return tuple(
        Entry(TERM, term.code, term.term, " ".join(term.aliases), term.definition) for term in glossary(language)
    )


@cache
def _names() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load((CONTENT / "names.yaml").read_text(encoding="utf-8"))
    return found


def _shown(hit: Hit, asked: str, language: str) -> Found:
    entry = hit.entry
    return Found(entry.kind, entry.key, pieces(entry.title, asked), excerpt(entry.text, asked, language))
