"""Why something ended or began, where nobody wrote it: a code that is stored, and said in the reader's language."""

import re
from enum import StrEnum

_WITH_REFERENCE = re.compile(r"(?P<code>[A-Z_]+) (?P<reference>[A-Z]\d+)")


class Because(StrEnum):
    ANOTHER_PROMISE = "ANOTHER_PROMISE"
    ARRANGEMENT = "ARRANGEMENT"
    SETTLEMENT = "SETTLEMENT"
    TIME_OVER = "TIME_OVER"
    PAYMENT_UNDONE = "PAYMENT_UNDONE"
    DECLINED = "DECLINED"
    REQUEST = "REQUEST"
    COMPLAINT = "COMPLAINT"
    DISPUTE = "DISPUTE"
    PLAN = "PLAN"

    def of(self, reference: str) -> str:
        """Return what is stored where it was a request, a complaint, a dispute or a relief plan, by its number."""
        return f"{self.value} {reference}"


_OF_SOMETHING = (Because.REQUEST, Because.COMPLAINT, Because.DISPUTE, Because.PLAN)


def because_of(stored: str) -> tuple[Because, str] | None:
    """Return the code and the number that are stored; None for what a person wrote."""
    if found := _WITH_REFERENCE.fullmatch(stored):
        code = found["code"]
        return (Because(code), found["reference"]) if code in _OF_SOMETHING else None
    return (Because(stored), "") if stored in set(Because) - set(_OF_SOMETHING) else None
