"""Texts that people wrote in some of our languages: what a reader gets where theirs is missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from education.domain.words import LANGUAGES

# Whose script is nearest: who reads the one kind of characters gets by with the other rather than with English.
_NEAREST = {"zh-hans": ("zh-hant", "en"), "zh-hant": ("zh-hans", "en"), "en": ("zh-hans", "zh-hant")}
assert set(_NEAREST) == set(LANGUAGES)


@dataclass(frozen=True, slots=True)
class Told:
    """A text in the language that it is in. :param is_other: it is not the reader's, for lack of one that is."""

    text: str
    language: str
    is_other: bool

    def __str__(self) -> str:
        return self.text


def told(texts: Mapping[str, str], language: str) -> Told:
    """Return the text in a language, or in the nearest there is; an empty one in the reader's where there is none."""
    wanted = language if language in _NEAREST else LANGUAGES[0]
    for found in (wanted, *_NEAREST[wanted]):
        if text := texts.get(found, "").strip():
            return Told(text, found, found != wanted)
    return Told("", wanted, False)
