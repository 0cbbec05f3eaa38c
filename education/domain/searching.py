"""
Search that works in Chinese without knowing where words begin: texts are compared by pairs of characters.

Simplified and traditional characters count as the same, Latin words are whole words, and what stands in a title or is
another name for the same weighs more than what stands in a text. The few pages of learning lie in memory, so nothing
is asked of the database.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from education.domain.traditional import FOLDED

TITLE, NAMES, TEXT = 6.0, 5.0, 1.0
_SATURATION, _LENGTH = 1.2, 0.4
_LEAST_SHARE = 0.34  # of what was asked, by weight, that has to be found
_UNHEARD = 0.3  # weight of a pair that stands nowhere: mostly the end of one word and the beginning of the next
_HAN = re.compile(r"[\u3400-\u9fff]+")
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_STOP = frozenset({
    "a", "an", "and", "are", "be", "can", "do", "does", "for", "from", "how", "i", "if", "in", "is", "it", "me", "my",
    "of", "on", "or", "the", "to", "what", "when", "which", "why", "you", "your",
})  # fmt: skip
# Characters that nobody looks for: they stand in every question.
_WEAK = frozenset("的了吗呢啊是我你您有在和与就都也要会能怎么什样吧请")


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One thing that can be found.

    :param kind: what it is; `key` names it within its kind.
    :param names: other words that people use for it.
    """

    kind: str
    key: str
    title: str
    names: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    entry: Entry
    score: float


class Index:
    """Entries by the parts of their texts."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._weights: list[Counter[str]] = [_weights(entry) for entry in self.entries]
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, weights in enumerate(self._weights):
            for part in weights:
                self._places[part].append(place)
        self._lengths = [sum(weights.values()) for weights in self._weights]
        self._usual = sum(self._lengths) / max(1, len(self._lengths))

    def search(self, asked: str, most: int = 10) -> Sequence[Hit]:
        """Return what fits best, the best first; nothing where too little of what was asked is found."""
        wanted = parts_of(asked)
        rarity = {part: self._rarity(part) for part in wanted}
        whole = sum(rarity.values())
        if not whole:
            return []
        scores: dict[int, float] = defaultdict(float)
        found: dict[int, float] = defaultdict(float)
        for part in wanted:
            for place in self._places.get(part, ()):
                scores[place] += rarity[part] * self._closeness(part, place)
                found[place] += rarity[part]
        hits = [
            Hit(self.entries[place], score * (0.5 + found[place] / whole))
            for place, score in scores.items()
            if found[place] >= _LEAST_SHARE * whole
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.entry.kind, hit.entry.key))[:most]

    def _rarity(self, part: str) -> float:
        count, known = len(self.entries), len(self._places.get(part, ()))
        if not known and not part.isascii():
            return _UNHEARD * log(1 + 2 * (count + 0.5))
        return log(1 + (count - known + 0.5) / (known + 0.5))

    def _closeness(self, part: str, place: int) -> float:
        weight = self._weights[place][part]
        length = 1 - _LENGTH + _LENGTH * self._lengths[place] / self._usual
        return weight * (_SATURATION + 1) / (weight + _SATURATION * length)


def fold(text: str) -> str:
    """Return a text in lower case, in half-width signs and simplified characters, each of the same length."""
    return "".join(
        plain if len(plain := unicodedata.normalize("NFKC", sign).lower()) == 1 else sign for sign in text
    ).translate(FOLDED)


def parts_of(text: str) -> Counter[str]:
    """Return pairs of Chinese characters, single ones that stand alone, and Latin words by their stem."""
    folded = fold(text)
    parts: Counter[str] = Counter()
    for run in _HAN.findall(folded):
        if len(run) == 1 and run not in _WEAK:
            parts[run] += 1
        pairs = (run[at : at + 2] for at in range(len(run) - 1))
        parts.update(pair for pair in pairs if not (set(pair) & _WEAK))
    parts.update(_stem(word) for word in _WORD.findall(folded) if word not in _STOP)
    return parts


def _stem(word: str) -> str:
    for end in ("ments", "ment", "ings", "ing", "ies", "es", "ed", "s", "y"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word.removesuffix(end)
    return word.removesuffix("e") if len(word) > 4 else word


def _weights(entry: Entry) -> Counter[str]:
    weights: Counter[str] = Counter()
    shares: Mapping[float, str] = {TITLE: entry.title, NAMES: entry.names, TEXT: entry.text}
    for share, text in shares.items():
        for part, count in parts_of(text).items():
            weights[part] += share * min(count, 3)  # type: ignore[assignment]
    return weights
