"""
What old clients rely on: requests and answers of the API as they were recorded, in tests/golden/api/v1.

An answer may get more fields. It may not lose one, nor have another kind of value in it: a program that was written
when it was recorded reads it still. Where a value is the same on any day, it may not be another one either: the words
that programs branch on everywhere, and every amount, rate and count where nothing depends on the day. With
DASHU_RECORD=1 the test of the contracts records the conversations that are new, and never one that is there.
"""

import json
import re
from pathlib import Path
from typing import Any

# Words of the API: codes, kinds, languages, currencies. Neither digests nor references, which are new each time.
_WORD = re.compile(r"(?![0-9a-f]{8,}$)[A-Za-z]+(?:[_.][A-Za-z0-9]+)*")
# Names of what people wrote, or may write otherwise one day: not for programs.
_TEXTS = {"name", "names", "title", "text", "detail", "label", "reason_text", "sentence", "description", "lender"}
# What is another on another day.
_DAYS = re.compile(r"\d{4}-\d{2}-\d{2}")

FOLDER = Path(__file__).parent / "golden" / "api" / "v1"


def recorded() -> dict[str, dict[str, Any]]:
    """Return the recorded conversations by name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def record(name: str, conversation: dict[str, Any]) -> None:
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(conversation, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def broken(before: Any, now: Any, where: str = "answer") -> list[str]:
    """Return what a program that reads `before` does not find in `now`."""
    if before is None:
        return []  # it had to be ready for any value there
    if type(before) is not type(now):
        return [f"{where} was {_kind(before)} and is {_kind(now)}"]
    if isinstance(before, dict):
        lost = [f"{where}.{name} is gone" for name in before if name not in now]
        kept = [broken(before[name], now[name], f"{where}.{name}") for name in before if name in now]
        return lost + [each for found in kept for each in found]
    if isinstance(before, list) and before:
        if not now:
            return [f"{where} is empty"]
        return [each for row in now[:1] for each in broken(before[0], row, f"{where}[0]")]
    return []


def changed(before: Any, now: Any, *, is_fixed: bool, where: str = "answer") -> list[str]:
    """
    Return which values are others than those that were recorded, of those that may not be.

    :param is_fixed: whether nothing in the answer depends on the day: then amounts, rates and counts count too.
    """
    if isinstance(before, dict) and isinstance(now, dict):
        named = [name for name in before if name in now and name not in _TEXTS]
        found = [changed(before[name], now[name], is_fixed=is_fixed, where=f"{where}.{name}") for name in named]
        return [each for inner in found for each in inner]
    if isinstance(before, list) and isinstance(now, list):
        pairs = list(zip(before, now, strict=False))[: None if is_fixed else 1]
        found = [changed(a, b, is_fixed=is_fixed, where=f"{where}[{at}]") for at, (a, b) in enumerate(pairs)]
        return [each for inner in found for each in inner]
    return [f"{where} was {before!r} and is {now!r}"] if before != now and _is_stable(before, is_fixed) else []


def _is_stable(value: Any, is_fixed: bool) -> bool:
    if isinstance(value, bool):
        return True
    if isinstance(value, str) and _WORD.fullmatch(value):
        return True
    return is_fixed and value is not None and not (isinstance(value, str) and _DAYS.match(value))


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__
