"""What changed between two texts, line by line, with some lines around it."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

AROUND = 2


@dataclass(frozen=True, slots=True)
class DiffLine:
    """:param kind: "gap" stands for lines that are left out."""

    kind: Literal["same", "gone", "new", "gap"]
    text: str

    @property
    def sign(self) -> str:
        return {"same": "", "gone": "−", "new": "+", "gap": "…"}[self.kind]


def diff(before: str, after: str) -> Sequence[DiffLine]:
    """Return the lines that changed; nothing for equal texts."""
    found: list[DiffLine] = []
    for line in list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=AROUND))[2:]:
        if line.startswith("@@"):
            if found:
                found.append(DiffLine("gap", ""))
            continue
        kind: Literal["same", "gone", "new"] = {"+": "new", "-": "gone"}.get(line[0], "same")  # type: ignore[assignment]
        found.append(DiffLine(kind, line[1:]))
    return found
