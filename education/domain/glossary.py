"""
The glossary: the words of loans in plain language, as they lie in `education/content/glossary.yaml`.

A word of a page is found by its term or by an alias, so that an explanation can stand beside it wherever it is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import yaml

from education.domain.source import CONTENT
from education.domain.words import BrokenLesson

PATH = CONTENT / "glossary.yaml"


@dataclass(frozen=True, slots=True)
class Term:
    """
    One term in one language.

    :param aliases: other words for the same; none of them is the word of another term.
    :param definition: one or two sentences.
    :param lesson: slug of the lesson that tells more.
    """

    code: str
    term: str
    definition: str
    aliases: tuple[str, ...]
    lesson: str

    @property
    def words(self) -> tuple[str, ...]:
        return (self.term, *self.aliases)


@cache
def glossary(language: str) -> tuple[Term, ...]:
    """
    Return all terms in one of the languages of lessons, in the order of the lessons that explain them.

    :raises BrokenLesson: a word stands for two terms.
    """
    entries = yaml.safe_load(PATH.read_text(encoding="utf-8"))["terms"]
    terms = tuple(
        Term(
            code=entry["code"],
            term=entry["term"][language],
            definition=entry["definition"][language],
            aliases=tuple(entry["aliases"][language]),
            lesson=entry["lesson"],
        )
        for entry in entries
    )
    _refuse_twins(terms)
    return terms


@cache
def terms_by_word(language: str) -> Mapping[str, Term]:
    """Return each term by all its words, in lower case."""
    return {word.lower(): term for term in glossary(language) for word in term.words}


def term_of(word: str, language: str) -> Term | None:
    """Return what a word stands for, whatever its case; None where the glossary does not know it."""
    return terms_by_word(language).get(word.strip().lower())


def _refuse_twins(terms: tuple[Term, ...]) -> None:
    seen: dict[str, str] = {}
    for term in terms:
        for word in term.words:
            other = seen.setdefault(word.lower(), term.code)
            if other != term.code:
                raise BrokenLesson(f"{PATH}: {word!r} stands for {other} and {term.code}")
