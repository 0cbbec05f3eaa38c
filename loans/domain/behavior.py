"""
What the behavior scorecards read of a running loan: its own last months, newest first, and nothing about the person.

Training and serving make the fields here, from the same months, so that they cannot differ. How far a loan is behind
is known of every loan; what was billed, paid and allowed to be drawn only of a card's account. What a loan does not
have stays unknown, and a loan with fewer months than `LEAST_MONTHS` has no history that could be scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from loans.domain.scorecards import Fact

MONTHS = 6
LEAST_MONTHS = 3
MOST_BEHIND = 9  # further behind says nothing more
DAYS_OF_A_MONTH = 30
FIELDS = ("months", "behind_now", "behind_most", "late_months", "paid", "billed", "balance", "limit")
_RECENT = 3


@dataclass(frozen=True, slots=True)
class History:
    """
    The months of one loan or card, the newest first; a month ends with a statement.

    :param behind: at the end of each month, how many months the oldest unpaid demand was late; 0 is on time.
    :param billed, paid: of a card: the balance at the end of each month, and what was paid in it, which answers the
        bill of the month before.
    :param limit: of a card.
    """

    behind: tuple[int, ...]
    billed: tuple[Decimal, ...] = ()
    paid: tuple[Decimal, ...] = ()
    limit: Decimal | None = None

    def before(self, months: int) -> "History":
        """Return the history as it was known so many months ago."""
        return History(self.behind[months:], self.billed[months:], self.paid[months:], self.limit)

    @property
    def is_known(self) -> bool:
        return len(self.behind) >= LEAST_MONTHS


def months_behind(days: int) -> int:
    """Return how many months a demand of so many days ago is late: 1 for up to 30 days, 2 for up to 60, at most 9."""
    return min(MOST_BEHIND, -(-max(0, days) // DAYS_OF_A_MONTH))


def fields_of_history(history: History) -> dict[str, Fact]:
    """Return the facts by the fields of the scorecards; None where this loan has no such fact."""
    behind = history.behind[:MONTHS]
    answered = tuple(max(Decimal(0), bill) for bill in history.billed[1 : 1 + _RECENT])
    return {
        "months": len(behind),
        "behind_now": behind[0] if behind else None,
        "behind_most": max(behind, default=None),
        "late_months": sum(month > 0 for month in behind),
        "paid": _sum(history.paid[: len(answered)]) if any(answered) else None,
        "billed": _sum(answered) or None,
        "balance": max(Decimal(0), history.billed[0]) if history.billed else None,
        "limit": history.limit,
    }


def _sum(amounts: Sequence[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
