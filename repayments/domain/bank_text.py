"""
Names and references as banks write them, made comparable.

Banks send full-width letters, capitals, surnames first or last, simplified for traditional characters, and break a
reference with spaces and hyphens. The table of characters is OpenCC's (Apache license, in `opencc/`).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import islice, permutations, product
from pathlib import Path
from uuid import UUID

from rapidfuzz import fuzz

CHARACTERS = Path(__file__).parent / "opencc" / "TSCharacters.txt"

MOST_RUNS = 64  # of letters and digits that are looked at in one text
MOST_SPELLINGS = 24
LONGEST_REFERENCE_RUNS = 8  # an account number of 32 digits in groups of four; "SIM-" and a UUID are six

_CJK = re.compile(r"[㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")
_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(r"[A-Za-z0-9]+")
_SAME_REFERENCE = re.compile(r"[\s\-‐‑‒–—−_./:#]*")
_OWN_NUMBER = re.compile(r"DS[0-9]{11}(?![0-9])")


def plain(text: str) -> str:
    """Return the text with full-width forms as ordinary ones and any space as one blank."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def simplified(text: str) -> str:
    """Return the text with traditional characters as simplified ones."""
    return text.translate(_to_simplified())


def name_key(name: str) -> str:
    """Return what is the same for two spellings of one name; "" when there is no letter in it."""
    words = _WORD.findall(simplified(plain(name)).casefold())
    return "".join(words) if _CJK.search("".join(words)) else " ".join(sorted(words))


def likeness(one: str, other: str) -> int:
    """Return how alike two names are: 100 for the same name in another spelling, 0 where one is missing."""
    first, second = name_key(one), name_key(other)
    if not first or not second:
        return 0
    return 100 if first == second else min(99, round(fuzz.ratio(first, second)))


def spellings(name: str) -> set[str]:
    """Return the ways in which the book may have written this name, for a search by equality; at most a few dozen."""
    text = plain(name)
    if not text:
        return set()
    if _CJK.search(text):
        joined = "".join(_WORD.findall(text)) if " " in text else text
        return {text, joined, simplified(joined), *islice(_traditional(simplified(joined)), MOST_SPELLINGS)}
    words = [word for word in re.split(r"[\s,]+", text) if word]
    orders = islice(permutations(words), MOST_SPELLINGS) if len(words) <= 4 else [tuple(words)]
    joined_words = {" ".join(order) for order in orders}
    return {spelt for one in joined_words for spelt in (one, one.title(), one.upper(), one.lower())} | {text}


def references_in(text: str) -> set[str]:
    """
    Return every run of letters and digits that may be a reference: as written, in capitals, and with neighbours that
    only blanks, hyphens and the like keep apart, joined with and without a hyphen.
    """
    text = plain(text)
    runs = list(islice(_RUN.finditer(text), MOST_RUNS))
    found: set[str] = set()
    for first, start in enumerate(runs):
        parts = [start.group()]
        found |= set(_OWN_NUMBER.findall(start.group().upper()))
        _keep(found, parts)
        for before, after in zip(runs[first:], runs[first + 1 : first + LONGEST_REFERENCE_RUNS], strict=False):
            if not _SAME_REFERENCE.fullmatch(text, before.end(), after.start()):
                break
            parts.append(after.group())
            _keep(found, parts)
    return found


def uuids_among(references: set[str]) -> set[UUID]:
    return {UUID(one) for one in references if len(one) == 32 and re.fullmatch(r"[0-9A-Fa-f]+", one)}


def masked(number: str) -> str:
    """Return an account number as it may be shown: the last four signs, the others as dots."""
    return f"•••• {number[-4:]}" if number else ""


def _keep(found: set[str], parts: list[str]) -> None:
    for joined in ("".join(parts), "-".join(parts)):
        if 6 <= len(joined) <= 80 and any(sign.isdigit() for sign in joined):
            found |= {joined, joined.upper()}


def _traditional(text: str) -> Iterator[str]:
    choices = [(sign, *_to_traditional().get(sign, ())) for sign in text[:40]]
    return map("".join, product(*choices))


@cache
def _pairs() -> tuple[tuple[str, str], ...]:
    lines = CHARACTERS.read_text(encoding="utf-8").splitlines()
    return tuple((line.split("\t")[0], line.split("\t")[1].split()[0]) for line in lines if "\t" in line)


@cache
def _to_simplified() -> dict[int, str]:
    return {ord(traditional): plain_form for traditional, plain_form in _pairs()}


@cache
def _to_traditional() -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for traditional, plain_form in _pairs():
        found[plain_form].append(traditional)
    return {plain_form: tuple(forms) for plain_form, forms in found.items()}
