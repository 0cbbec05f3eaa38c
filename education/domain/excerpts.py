"""The part of a text that says most of what was asked for, with just that marked."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from education.domain.searching import fold, parts_of

WIDTH = {"en": 170}
_WIDTH = 84  # of Chinese characters
_BEFORE = 12
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")


class Piece(NamedTuple):
    text: str
    is_marked: bool


def pieces(text: str, asked: str) -> Sequence[Piece]:
    """Return a text in pieces, those marked that were asked for; joined they are the text."""
    return _pieces(text, _marks(text, asked))


def excerpt(text: str, asked: str, language: str) -> Sequence[Piece]:
    """Return the part of a text where most of what was asked for stands, with "…" where something is left out."""
    width = WIDTH.get(language, _WIDTH)
    marks = _marks(text, asked)
    start = _best(marks, width) if len(text) > width else 0
    if start and language == "en":
        start = text.find(" ", start) + 1
    part = _pieces(text[start : start + width], marks[start : start + width])
    before = [Piece("…", False)] if start else []
    after = [Piece("…", False)] if start + width < len(text) else []
    return [*before, *part, *after]


def _best(marks: Sequence[bool], width: int) -> int:
    """Return where the window begins that holds the most marks, a little before the first of them."""
    sums = [0]
    for mark in marks:
        sums.append(sums[-1] + mark)
    starts = [place for place, mark in enumerate(marks) if mark]
    if not starts:
        return 0
    best = max(starts, key=lambda start: (sums[min(len(marks), start + width - _BEFORE)] - sums[start], -start))
    return max(0, min(best - _BEFORE, len(marks) - width))


def _marks(text: str, asked: str) -> list[bool]:
    folded, wanted = fold(text), parts_of(asked)
    marks = [False] * len(text)
    for part in wanted:
        if part.isascii():
            continue
        at = folded.find(part)
        while at >= 0:
            marks[at : at + len(part)] = [True] * len(part)
            at = folded.find(part, at + 1)
    for word in _WORD.finditer(folded):
        if set(parts_of(word[0])) & set(wanted):
            marks[word.start() : word.end()] = [True] * (word.end() - word.start())
    return marks


def _pieces(text: str, marks: Sequence[bool]) -> list[Piece]:
    runs = groupby(zip(text, marks, strict=True), key=lambda pair: pair[1])
    return [Piece("".join(sign for sign, _mark in run), is_marked) for is_marked, run in runs]
