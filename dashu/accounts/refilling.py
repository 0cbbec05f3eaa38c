"""
Putting back into the form of a finished page what was typed before, where its program knows nothing of that.

Only boxes of the one form that it was typed into are filled, and what a form does is left as it is: its hidden fields,
its buttons and where it sends to. What is folded around the form is opened, so that what is back in it is seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from urllib.parse import unquote, urlsplit

NOT_FILLED = {"hidden", "password", "file", "submit", "button", "image", "reset"}
Attributes = list[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Typed:
    """
    :param to: the path that the form sends to. :param fields: what was typed, by the name of the box.
    :param left_out: names of boxes of which nothing is known, because it was not kept.
    """

    to: str
    fields: Mapping[str, Sequence[str]]
    left_out: frozenset[str] = field(default_factory=frozenset)


def refilled(page: str, typed: Typed, *, path: str) -> tuple[str, bool]:
    """Return the page with its form filled in, and whether there was a box to fill. :param path: of the page."""
    reading = _Reading(page, typed, path)
    reading.feed(page)
    reading.close()
    for start, end, text in sorted(reading.edits, reverse=True):
        page = page[:start] + text + page[end:]
    return page, reading.is_found


class _Reading(HTMLParser):
    """:ivar edits: what is written instead of which part of the page."""

    def __init__(self, page: str, typed: Typed, path: str) -> None:
        super().__init__(convert_charrefs=False)
        self.edits: list[tuple[int, int, str]] = []
        self.is_found = False
        self._lines = [0, *accumulate(len(line) for line in page.split("\n"))]
        self._typed, self._path = typed, path
        self._is_inside = False
        self._folds: list[tuple[int, bool]] = []
        self._chosen: set[str] | None = None
        self._text: tuple[int, str] | None = None
        self._places: dict[str, int] = {}

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + line - 1 + column

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = dict(attrs)
        if tag == "details":
            self._folds.append((self._here() + len("<details"), "open" in given))
        elif tag == "form":
            to = unquote(urlsplit(given.get("action") or "").path) or self._path
            self._is_inside = (given.get("method") or "").lower() == "post" and to == self._typed.to
        elif self._is_inside and tag == "input":
            self._fill_input(attrs, given)
        elif self._is_inside and tag == "select":
            values = self._typed.fields.get(given.get("name") or "")
            one = None if values is None else self._next(given["name"] or "", values)
            self._chosen = None if values is None else set(values) if "multiple" in given else {one or ""}
        elif tag == "option" and self._chosen is not None and "value" in given:
            self._mark(tag, attrs, "selected", is_on=given["value"] in self._chosen)
        elif self._is_inside and tag == "textarea" and (value := self._value_of(given)) is not None:
            self._text = self._here() + len(self.get_starttag_text() or ""), value

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._folds:
            self._folds.pop()
        elif tag == "form":
            self._is_inside = False
        elif tag == "select":
            self._chosen = None
        elif tag == "textarea" and self._text is not None:
            start, value = self._text
            self._put(start, self._here(), f"\n{escape(value)}")
            self._text = None

    def _fill_input(self, attrs: Attributes, given: Mapping[str, str | None]) -> None:
        kind, name = (given.get("type") or "text").lower(), given.get("name") or ""
        if kind in NOT_FILLED or not name or name in self._typed.left_out:
            return
        if kind in ("checkbox", "radio"):
            values = self._typed.fields.get(name)
            # A box that is not ticked is not sent at all; of a group of buttons one always is.
            if values is not None or kind == "checkbox":
                self._mark("input", attrs, "checked", is_on=(given.get("value") or "on") in (values or ()))
        elif (value := self._value_of(given)) is not None:
            self._write("input", [*(each for each in attrs if each[0] != "value"), ("value", value)])

    def _value_of(self, given: Mapping[str, str | None]) -> str | None:
        name = given.get("name") or ""
        return self._next(name, self._typed.fields.get(name, ()))

    def _next(self, name: str, values: Sequence[str]) -> str | None:
        """Boxes of one name were sent in the order of the page."""
        place = self._places.get(name, 0)
        self._places[name] = place + 1
        return values[place] if place < len(values) else None

    def _mark(self, tag: str, attrs: Attributes, mark: str, *, is_on: bool) -> None:
        self._write(tag, [*(each for each in attrs if each[0] != mark), *([(mark, None)] if is_on else [])])

    def _write(self, tag: str, attrs: Attributes) -> None:
        start = self._here()
        written = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attrs)
        self._put(start, start + len(self.get_starttag_text() or ""), f"<{tag}{written}>")

    def _put(self, start: int, end: int, text: str) -> None:
        self.edits.append((start, end, text))
        self.edits += [(place, place, " open") for place, is_open in self._folds if not is_open]
        self._folds = [(place, True) for place, _is_open in self._folds]
        self.is_found = True
