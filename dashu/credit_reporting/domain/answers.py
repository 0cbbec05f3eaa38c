"""
The bureau's answer to a file: text, a line each, fields apart by `|`.

    A|<number of the file>|<sha256 of the file>|<records accepted>|<records rejected>
    E|<line of the record>|<account>|<month, YYYYMM>|<field>|<code of the error>

A record may have several lines `E`. Whatever has none was accepted.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from dashu.kernel.errors import InvalidInput, _

_CODE = re.compile(r"[A-Za-z0-9_.\-]{1,40}")


class AnswerUnreadable(InvalidInput):
    """The file is not an answer, or not one to this file; `field` is the line."""

    code = "credit_answer_unreadable"


@dataclass(frozen=True, slots=True)
class Rejection:
    account: str
    month: str
    problems: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """:param rejections: by the line of the record."""

    sequence: int
    sha256: str
    accepted: int
    rejections: Mapping[int, Rejection]


def answer_of(content: bytes) -> Answer:
    """:raises AnswerUnreadable: see there."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise _unreadable(1) from None
    head = lines[0].split("|") if lines else []
    if len(head) != 5 or head[0] != "A" or not all(_is_count(each) for each in (head[1], head[3], head[4])):
        raise _unreadable(1)
    places: dict[int, tuple[str, str]] = {}
    problems: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for number, line in enumerate(lines[1:], start=2):
        parts = line.split("|")
        is_sound = len(parts) == 6 and parts[0] == "E" and _is_count(parts[1])
        if not is_sound or not _CODE.fullmatch(parts[4]) or not _CODE.fullmatch(parts[5]):
            raise _unreadable(number)
        place = int(parts[1])
        if places.setdefault(place, (parts[2], parts[3])) != (parts[2], parts[3]):
            raise _unreadable(number)
        problems[place].append((parts[4], parts[5]))
    if len(problems) != int(head[4]):
        raise AnswerUnreadable(
            _("The first line counts %(count)s rejected records, but the lines name %(found)s."),
            field="line 1",
            params={"count": head[4], "found": len(problems)},
        )
    rejections = {place: Rejection(*places[place], tuple(each)) for place, each in problems.items()}
    return Answer(int(head[1]), head[2], int(head[3]), rejections)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _unreadable(line: int) -> AnswerUnreadable:
    return AnswerUnreadable(
        _("Line %(line)s is not as it is documented. Ask the bureau for its answer again."),
        field=f"line {line}",
        params={"line": line},
    )
