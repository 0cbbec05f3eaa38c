"""
A lesson's text as plain blocks that a paper is set from.

What is read is the sanitized HTML of a lesson, of which we know every tag. Charts stay out: a sheet has one page.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

Run = dict[str, Any]  # {"text": …, "is_strong": …}
_BLOCKS = {"h2": "heading", "h3": "heading", "p": "text", "li": "item", "th": "cell", "td": "cell"}
_SKIPPED = {"figure", "svg", "nav", "form", "script", "style"}


@dataclass(slots=True)
class _Reading(HTMLParser):
    blocks: list[dict[str, Any]] = field(default_factory=list)
    _runs: list[Run] | None = None
    _rows: list[list[list[Run]]] | None = None
    _skipping: int = 0
    _strong: int = 0
    _quoted: int = 0
    _lists: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED or self._skipping:
            self._skipping += tag in _SKIPPED
        elif tag in ("strong", "b"):
            self._strong += 1
        elif tag == "blockquote":
            self._quoted += 1
        elif tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else 0)
        elif tag == "table":
            self._rows = []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag == "br":
            self.handle_data("\n")
        elif tag in _BLOCKS and not (tag == "p" and self._runs is not None):
            self._runs = []

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= tag in _SKIPPED
        elif tag in ("strong", "b"):
            self._strong -= 1
        elif tag == "blockquote":
            self._quoted -= 1
        elif tag in ("ul", "ol"):
            self._lists.pop()
        elif tag == "table" and self._rows is not None:
            if rows := [row for row in self._rows if row]:
                self.blocks.append({"kind": "table", "rows": rows})
            self._rows = None
        elif tag in _BLOCKS and self._runs is not None and not (tag == "p" and self._lists):
            self._close(tag)

    def _close(self, tag: str) -> None:
        runs, self._runs = self._runs or [], None
        if self._rows is not None:
            self._rows[-1].append(runs)
            return
        if not any(run["text"].strip() for run in runs):
            return
        mark = ""
        if tag == "li":
            mark = "•"
            if self._lists and self._lists[-1]:
                mark = f"{self._lists[-1]}."
                self._lists[-1] += 1
        kind = "quote" if self._quoted and tag == "p" else _BLOCKS[tag]
        self.blocks.append({"kind": kind, "mark": mark, "runs": runs})

    def handle_data(self, data: str) -> None:
        if self._runs is None or self._skipping:
            return
        text = data if data == "\n" else " ".join(data.split()) if not data.strip() else _spaced(data)
        if text:
            self._runs.append({"text": text, "is_strong": self._strong > 0})


def _spaced(data: str) -> str:
    """Collapse white space as a browser does, but keep what parts this text from the next one."""
    before = " " if data[0].isspace() else ""
    after = " " if data[-1].isspace() else ""
    return before + " ".join(data.split()) + after


def blocks_of(html: str) -> list[dict[str, Any]]:
    """
    Return the blocks in their order: kind "heading", "text", "quote" or "item" with `mark` and `runs`, or "table" with
    `rows` of cells, each of them runs.
    """
    reading = _Reading()
    reading.feed(html)
    reading.close()
    return reading.blocks
