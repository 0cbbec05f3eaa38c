"""
A translation beside its source: block by block, and what of it differs in kind.

Simplified Chinese is what is translated from. That the words are right only a reader can say; that a heading, a
paragraph or a figure is missing is seen here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from education.domain.source import LessonSource
from education.domain.words import LANGUAGES

SOURCE = LANGUAGES[0]

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+:[\w-]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Difference:
    """:param kind: "headings", "paragraphs", "items", "rows", "quotes", "placeholders" or "sources"."""

    kind: str
    source: str
    translation: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A block of the source and what stands at its place in each translation; "" where nothing does."""

    source: str
    translations: Mapping[str, str]


def blocks(markdown: str) -> list[str]:
    return [block.strip() for block in re.split(r"\n\s*\n", markdown) if block.strip()]


def placeholders(text: str) -> Counter[str]:
    return Counter(_PLACEHOLDER.findall(text))


def differences(source: LessonSource, language: str) -> list[Difference]:
    """Return in what a translation differs from its source; own text has none."""
    ours, theirs = source.body(SOURCE), source.body(language)
    counts = zip(_shape(ours).items(), _shape(theirs).values(), strict=True)
    found = [Difference(kind, str(here), str(there)) for (kind, here), there in counts if here != there]
    more, fewer = placeholders(theirs) - placeholders(ours), placeholders(ours) - placeholders(theirs)
    if more or fewer:
        found.append(Difference("placeholders", _named(fewer), _named(more)))
    sources = [len(source.head(each)["sources"]) for each in (SOURCE, language)]
    if sources[0] != sources[1]:
        found.append(Difference("sources", *map(str, sources)))
    return found


def side_by_side(source: LessonSource) -> list[Beside]:
    """
    Return the blocks of all languages beside each other.

    Between two headings blocks stand in their order, so that one that is missing moves only those up to the next.
    """
    parted = {language: _sections(blocks(source.body(language))) for language in LANGUAGES}
    rows: list[Beside] = []
    for number in range(max(map(len, parted.values()))):
        sections = {language: found[number] if number < len(found) else [] for language, found in parted.items()}
        for place in range(max(map(len, sections.values()))):
            here = {language: _at(section, place) for language, section in sections.items()}
            rows.append(Beside(here.pop(SOURCE), here))
    return rows


def _sections(found: Sequence[str]) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for block in found:
        if block.startswith("#"):
            sections.append([])
        sections[-1].append(block)
    return sections


def _at(section: Sequence[str], place: int) -> str:
    return section[place] if place < len(section) else ""


def _shape(markdown: str) -> dict[str, int]:
    lines = markdown.splitlines()
    plain = [block for block in blocks(markdown) if not re.match(r"#|>|\||[-*] |\d+\. |\{\{\s*(?:chart|image):", block)]
    return {
        "headings": sum(line.startswith("#") for line in lines),
        "paragraphs": len(plain),
        "items": sum(bool(re.match(r"[-*] |\d+\. ", line)) for line in lines),
        "rows": sum(line.startswith("|") for line in lines),
        "quotes": sum(block.startswith(">") for block in blocks(markdown)),
    }


def _named(found: Counter[str]) -> str:
    return ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in sorted(found.items())) or "–"
