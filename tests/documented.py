"""
Worked examples in the documentation: run as they stand, and written anew when what they show has changed.

An example is a fenced block that opens with three backticks and `pycon` and reads like a session of the interpreter:
lines after `>>>` and `...`, and below them what they print. The blocks of one chapter (a heading with `##`) run in
order and share their names, so its first block imports and sets up. Show amounts and fractions as a reader would want
them, with `print`. A refusal is shown as the last line of its traceback.

To add or change an example, write the lines after `>>>` and let

    python -m tests.documented docs/how-dashu-calculates.md

write the answers; read the difference before you commit it. A test compares the page with what this would write, so an
answer that the program no longer gives fails it.
"""

import contextlib
import doctest
import io
import re
import sys
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"(?<=^```pycon\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
_CHAPTER = re.compile(r"(?=^## )", re.MULTILINE)


def blocks(page: str) -> list[str]:
    return BLOCK.findall(page)


def refreshed(page: str) -> str:
    """Return the page with the answers that the program gives now."""
    chapters = []
    for chapter in _CHAPTER.split(page):
        names: dict[str, Any] = {}
        chapters.append(BLOCK.sub(lambda block, names=names: _answered(block[0], names), chapter))
    return "".join(chapters)


def _answered(block: str, names: dict[str, Any]) -> str:
    written = []
    for part in doctest.DocTestParser().parse(block):
        if isinstance(part, str):
            written.append(part)
            continue
        first, *others = part.source.splitlines()
        written.append(f">>> {first}\n" + "".join(f"... {line}".rstrip() + "\n" for line in others))
        written.append(_answer(part.source, names))
    return "".join(written)


def _answer(source: str, names: dict[str, Any]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(source, "<example>", "single"), names)  # noqa: S102 - the examples are our own
        except Exception as error:
            return f"Traceback (most recent call last):\n    ...\n{type(error).__name__}: {error}\n"
    return printed.getvalue()


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
