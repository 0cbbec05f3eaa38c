"""
What old clients rely on: requests and answers of the API as they were recorded, in tests/golden/api/v1.

An answer may get more fields. It may not lose one, nor have another kind of value in it: a program that was written
when it was recorded reads it still. With DASHU_RECORD=1 the test of the contracts records the conversations that are
new, and never one that is there.
"""

import json
from pathlib import Path
from typing import Any

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


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__
