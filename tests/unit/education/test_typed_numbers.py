"""No amount, rate or share is typed in what readers see: what digits may stand there is listed, and nothing else is."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from education.domain.lessons import CONTENT, LANGUAGES, slugs

PLACEHOLDER = re.compile(r"\{\{[^}]*\}\}")
# Longer patterns first: a date is taken out before the day in it could be read as a count.
ALLOWED = {
    "dates": r"\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?|底)?|\d{1,2}月底?|(?:January|February|March|August) \d{1,2}, \d{4}",
    "years": r"\b202[56]\b",
    "days of a month": r"\d{1,2}[号號]|\d{1,2}th\b",
    "clock hours": r"\d{1,2}:\d{2}",
    "articles": r"第\d+(?:至\d+)?[条條]|[Aa]rticle \d+",
    "phone numbers": r"\b(?:96110|12378|110)\b",
    "days late": r"\d{1,2}–\d{1,2}|第 (?:1、31、61、)?91 天|days 1, 31, 61 and 91|[Dd]ay 91|(?:3|60|90) (?:天|days)",
    "periods of the law": r"20 天|30 ?天|20 days|30 days|5 ?年|5 years",
    "calls and reports": r"\b[23] (?:次|effective)",
    "months of a year": r"[×以] ?12|12 ?=|[Tt]imes 12",
    "steps of a list": r"^\d\. ",
    "codes of the report": r"^(\|[^|]*\| )[1-4](?=[ ，,（(])|最高 7|up to 7",
}


def unexplained(text: str) -> str:
    """Return what digits are left once placeholders and all that is allowed are taken out."""
    for pattern in ALLOWED.values():
        text = re.sub(pattern, "", text, flags=re.MULTILINE)
    return " ".join(re.findall(r"\S*\d\S*", text))


def texts_of(document: Any) -> Iterator[str]:
    """Return every text in a language that a YAML document has."""
    if isinstance(document, dict):
        for name, part in document.items():
            if name in LANGUAGES:
                yield str(part)
            else:
                yield from texts_of(part)
    elif isinstance(document, list):
        for part in document:
            yield from texts_of(part)


def body_of(slug: str, language: str) -> str:
    whole = (CONTENT / slug / f"{language}.md").read_text(encoding="utf-8")
    _empty, head, body = whole.split("---\n", 2)
    known = yaml.safe_load(head)
    return "\n".join([known["title"], known["summary"], known["next_step"]["text"], body])


class TestTypedNumbers:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", slugs())
    def test_none_stands_in_a_lesson(self, slug, language):
        assert unexplained(PLACEHOLDER.sub("", body_of(slug, language))) == ""

    @pytest.mark.parametrize("slug", slugs())
    @pytest.mark.parametrize("name", ["quiz.yaml", "charts.yaml"])
    def test_none_stands_in_a_question_or_a_chart(self, slug, name):
        path = CONTENT / slug / name
        texts = list(texts_of(yaml.safe_load(path.read_text(encoding="utf-8")))) if path.exists() else []

        assert {unexplained(PLACEHOLDER.sub("", text)) for text in texts} <= {""}

    @pytest.mark.parametrize(
        "typed",
        ["每月还 1000 元", "¥20.00", "It costs 24% a year.", "13.03%", "45 months", "1,000 yuan", "36.4 percent"],
    )
    def test_an_amount_a_rate_or_a_computed_count_would_be_found(self, typed):
        assert unexplained(typed) != ""
