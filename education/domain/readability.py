"""
How long a lesson's sentences are, so that "plain language" is a figure that a check can hold a text to.

A sentence ends with 。！？ or . ! ?, and so does a paragraph or an item of a list. Tables, charts and headings are no
sentences. English counts words, an amount being one. Chinese counts characters, a run of digits or Latin letters
being one, without punctuation.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from html import unescape

MOST_ON_AVERAGE = {"en": Decimal(20), "zh-hans": Decimal(28), "zh-hant": Decimal(28)}
# How long a whole lesson is: words of an English one, characters of a Chinese one.
BOUNDS = {"en": (300, 600), "zh-hans": (500, 1_000), "zh-hant": (500, 1_000)}

_NO_SENTENCES = re.compile(r"<(table|figure|h2|h3)\b.*?</\1>", re.DOTALL)
_BLOCK = re.compile(r"</?(?:p|li|ul|ol|blockquote|br)\b[^>]*>")
_TAG = re.compile(r"<[^>]+>")
_END = {"en": re.compile(r"(?<=[.!?])[”\"’)]*\s+"), "zh": re.compile(r"(?<=[。！？])[”」』]*")}
_UNIT = {
    "en": re.compile(r"[A-Za-z0-9¥%][A-Za-z0-9¥%.,:'’\-–]*"),
    "zh": re.compile(r"[\u3400-\u9fff]|[A-Za-z0-9¥%][A-Za-z0-9¥%.,:\-–]*"),
}


@dataclass(frozen=True, slots=True)
class Readability:
    """
    :param length: of the whole text, headings and tables too: words in English, Chinese characters else.
    :param sentences: how many there are.
    :param average: length of a sentence, to one decimal.
    :param longest: the longest sentence, as it is written.
    """

    length: int
    sentences: int
    average: Decimal
    longest: str


def readability(html: str, language: str) -> Readability:
    """Measure the sanitized body of a lesson, which has at least one sentence."""
    found = sentences(html, language)
    lengths = [length_of(sentence, language) for sentence in found]
    average = (Decimal(sum(lengths)) / len(lengths)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    longest = max(zip(lengths, found, strict=True))[1]
    return Readability(length_of_text(html, language), len(found), average, longest)


def sentences(html: str, language: str) -> Sequence[str]:
    """Return the sentences of paragraphs, lists and quotes, in their order."""
    blocks = _BLOCK.split(_NO_SENTENCES.sub("", html))
    texts = (unescape(_TAG.sub("", block)).strip() for block in blocks)
    parts = (part.strip() for text in texts for part in _END[_script(language)].split(text))
    return [part for part in parts if length_of(part, language)]


def length_of(sentence: str, language: str) -> int:
    """Return the words of an English sentence, or the characters of a Chinese one."""
    return len(_UNIT[_script(language)].findall(sentence))


def length_of_text(html: str, language: str) -> int:
    """Return the words of an English lesson without numbers, or the Chinese characters of a Chinese one; no charts."""
    text = unescape(_TAG.sub(" ", re.sub(r"<figure\b.*?</figure>", "", html, flags=re.DOTALL)))
    return len(re.findall(r"[A-Za-z][A-Za-z'’\-]*" if language == "en" else r"[\u3400-\u9fff]", text))


def _script(language: str) -> str:
    return "en" if language == "en" else "zh"
