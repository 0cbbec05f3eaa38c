"""
Holding a challenger against the champion, by people who were drawn, whatever was then done for them.

Only what is counted of people who were drawn at random is compared; the rest is shown beside it and concludes nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

from dashu.kernel.shares import Difference, Share, difference


class Goal(StrEnum):
    CURED = "CURED"
    PAID = "PAID"
    KEPT = "KEPT"
    COMPLAINED = "COMPLAINED"


# Which way is better, where one is. Promises are of those who made any, who were not drawn for it.
BETTER = {Goal.CURED: 1, Goal.PAID: 1, Goal.COMPLAINED: -1}
STOPS = (Goal.COMPLAINED, Goal.CURED)


@dataclass(frozen=True, slots=True)
class Arm:
    """
    What became of the people of one side.

    :param people: who were drawn. :param through: those of them whose window is over.
    :param cured, paid: of those who are through: free of arrears, or paid something, within the window.
    :param complained: of all who were drawn, within the window as far as it has come.
    :param kept, decided: promises made within the window.
    :param complaints, contacts: within it; contacts are messages that left the house, calls and visits.
    :param blocked, tried: messages within it that the guard refused, and all that were meant to leave.
    """

    people: int
    through: int
    cured: int
    paid: int
    complained: int
    kept: int
    decided: int
    complaints: int
    contacts: int
    blocked: int
    tried: int
    overdue_minor: int
    paid_minor: int

    def share(self, goal: Goal) -> Share:
        match goal:
            case Goal.CURED:
                return Share(self.cured, self.through)
            case Goal.PAID:
                return Share(self.paid, self.through)
            case Goal.KEPT:
                return Share(self.kept, self.decided)
            case Goal.COMPLAINED:
                return Share(self.complained, self.people)


@dataclass(frozen=True, slots=True)
class Trial:
    """:param least: people on each side, below which nothing is concluded."""

    challenger: Arm
    champion: Arm
    least: int

    def compared(self, goal: Goal) -> Difference | None:
        """Return how much more of the challenger's people there are; None where it would not be sound to say."""
        if goal not in BETTER:
            return None
        sides = self.challenger.share(goal), self.champion.share(goal)
        if min(side.total for side in sides) < self.least:
            return None
        return difference(*sides)

    def is_worse(self, goal: Goal) -> bool:
        """Whether the whole interval lies on the wrong side."""
        found = self.compared(goal)
        if found is None:
            return False
        return found.high < 0 if BETTER[goal] > 0 else found.low > 0

    @property
    def harm(self) -> Goal | None:
        """Return what the challenger is to be stopped for."""
        return next((goal for goal in STOPS if self.is_worse(goal)), None)
