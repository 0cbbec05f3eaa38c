"""What would be owed if a loan stopped paying in a month to come. Amounts in whole minor units."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """
    A loan at the end of a month.

    :param due_minor: interest, fees and penalty that are due and unpaid. :param accrued_minor: earned, not yet due.
    :param plan: of the installments to come `{month from now: (principal, interest)}`, the next month being 1.
    """

    principal_minor: int
    overdue_principal_minor: int
    due_minor: int
    accrued_minor: int
    plan: Mapping[int, tuple[int, int]]

    @property
    def exposure_minor(self) -> int:
        """What the balance sheet carries."""
        return self.principal_minor + self.due_minor + self.accrued_minor


def exposures(standing: Standing, *, least_months: int = 0) -> list[int]:
    """
    Return what would be missing on a default in month 1, 2, … up to the last due date: the principal that the plan
    leaves at the month's beginning, the interest that is earned by the month's end and not yet paid, and all that is
    due and unpaid today.

    :param least_months: for a loan that is behind, which stays open past its last due date.
    """
    last = max([*standing.plan, least_months, 1])
    earned = _earned(standing)
    still = 0
    found = []
    for month in range(last, 0, -1):
        still += standing.plan.get(month, (0, 0))[0]
        balance = min(standing.principal_minor, standing.overdue_principal_minor + still)
        if month == 1:
            balance = standing.principal_minor
        found.append(balance + earned.get(month, 0) + standing.due_minor)
    found.reverse()
    return found


def _earned(standing: Standing) -> dict[int, int]:
    """
    Return the interest that is earned by the end of each month since the due date before, and falls due later.

    It grows evenly from one due date to the next: at once where they are a month apart, month by month where, as in a
    bullet loan, they are not. What is earned today counts to the first.
    """
    earned, before, begun = {}, 0, standing.accrued_minor
    for due, (_principal, interest) in sorted(standing.plan.items()):
        begun = min(begun, interest)
        for month in range(before + 1, due + 1):
            earned[month] = begun + (interest - begun) * (month - before) // (due - before)
        before, begun = due, 0
    return earned
