"""
Terms of the glossary in a page: each is marked where it first stands in running text.

Nothing is marked inside what can itself be pressed, in headings, or in what is not seen. In Chinese a word may stand
anywhere in a text; in English it stands by itself, in the singular or the plural.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from html.parser import HTMLParser

from education.domain.glossary import Term, terms_by_word

# Inside of these nothing is marked.
_LEFT_ALONE = frozenset({
    "a", "button", "caption", "details", "figure", "h1", "h2", "label", "legend", "option", "script", "select", "style",
    "summary", "svg", "textarea", "time",
})  # fmt: skip
_EMPTY = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "wbr"})
_UNSEEN = re.compile(r'class="[^"]*\b(?:visually-hidden|wide-only|next__label|money|status)\b')

Mark = Callable[[Term, str], str]


class _Marking(HTMLParser):
    def __init__(self, language: str, seen: set[str], most: int, mark: Mark) -> None:
        super().__init__(convert_charrefs=False)
        self.language, self.seen, self.most, self.mark = language, seen, most, mark
        self.parts: list[str] = []
        self.marked: list[Term] = []
        self._closed: list[bool] = []  # for each open element, whether texts in it are left alone

    def handle_starttag(self, tag: str, attrs: object) -> None:
        raw = self.get_starttag_text() or ""
        self.parts.append(raw)
        if tag not in _EMPTY:
            is_closed = bool(self._closed and self._closed[-1]) or tag in _LEFT_ALONE or bool(_UNSEEN.search(raw))
            self._closed.append(is_closed)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")
        if tag not in _EMPTY and self._closed:
            self._closed.pop()

    def handle_data(self, data: str) -> None:
        self.parts.append(data if self._closed and self._closed[-1] else self._in(data))

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{data}-->")

    def _in(self, text: str) -> str:
        words = terms_by_word(self.language)

        def found(match: re.Match[str]) -> str:
            term = _term(words, match[0])
            if term is None or term.code in self.seen or len(self.seen) >= self.most:
                return match[0]
            self.seen.add(term.code)
            self.marked.append(term)
            return self.mark(term, match[0])

        return _pattern(self.language).sub(found, text)


def marked(html: str, language: str, *, seen: set[str], most: int, mark: Mark) -> tuple[str, list[Term]]:
    """
    Return well-formed HTML with each term marked where it first stands, and the terms that were marked.

    :param seen: codes that are marked on this page already; those marked here are added.
    :param most: marks on a page.
    :param mark: writes a mark; it gets the term and the words as they stand in the text.
    """
    marking = _Marking(language, seen, most, mark)
    marking.feed(html)
    marking.close()
    return "".join(marking.parts), marking.marked


@cache
def _pattern(language: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(terms_by_word(language), key=len, reverse=True))
    return re.compile(rf"\b(?:{words})(?:e?s)?\b" if language == "en" else words, re.IGNORECASE)


def _term(words: Mapping[str, Term], written: str) -> Term | None:
    plain = written.lower()
    return words.get(plain) or words.get(plain.removesuffix("s")) or words.get(plain.removesuffix("es"))
