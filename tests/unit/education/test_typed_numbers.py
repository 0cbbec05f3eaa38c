"""No amount, rate or share is typed in what readers see: what digits may stand there is listed, and nothing else is."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from education.domain.lessons import CONTENT, LANGUAGES, slugs
from education.domain.typed_numbers import unexplained, without_placeholders


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
        assert unexplained(without_placeholders(body_of(slug, language))) == ""

    @pytest.mark.parametrize("slug", slugs())
    @pytest.mark.parametrize("name", ["quiz.yaml", "charts.yaml"])
    def test_none_stands_in_a_question_or_a_chart(self, slug, name):
        path = CONTENT / slug / name
        texts = list(texts_of(yaml.safe_load(path.read_text(encoding="utf-8")))) if path.exists() else []

        assert {unexplained(without_placeholders(text)) for text in texts} <= {""}

    @pytest.mark.parametrize(
        "typed",
        ["每月还 1000 元", "¥20.00", "It costs 24% a year.", "13.03%", "45 months", "1,000 yuan", "36.4 percent"],
    )
    def test_an_amount_a_rate_or_a_computed_count_would_be_found(self, typed):
        assert unexplained(typed) != ""
