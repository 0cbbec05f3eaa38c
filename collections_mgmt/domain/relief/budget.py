"""
A guided statement of income and spending: what a household has a month, and where a word would help.

The form follows the UK Standard Financial Statement. A guideline only asks: whoever spends more on something than
households usually do says in a sentence what for, and nobody is refused relief for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dashu.finance.affordability import AffordabilityRules, Amount, Household, Month
from dashu.kernel.dates import add_months
from dashu.policy.relief import SpendingGuidelines


class Cause(StrEnum):
    """Why a month no longer reaches, in words that a borrower would use."""

    INCOME_UNSTABLE = "income_unstable"
    MONEY_MANAGEMENT = "money_management"
    OVERSPENDING = "overspending"
    MACRO_ECONOMY = "macro_economy"
    TERMS_NOT_UNDERSTOOD = "terms_not_understood"


@dataclass(frozen=True, slots=True)
class Statement:
    """
    What somebody says of a month, in minor units.

    :param spending: by category of the guidelines.
    :param words: what a category is spent on, where that was asked.
    :param later_income: that is expected again from `later_from` on; None: the month stays as it is.
    """

    income: Amount
    spending: Mapping[str, int]
    other_debts: Amount
    persons: int = 1
    words: Mapping[str, str] = field(default_factory=dict)
    later_income: int | None = None
    later_from: date | None = None

    @property
    def essentials(self) -> int:
        return sum(self.spending.values())

    def household(self, income: Amount | None = None) -> Household:
        return Household(income or self.income, Amount(self.essentials), self.other_debts)


@dataclass(frozen=True, slots=True)
class Ask:
    """:param guideline: what a household of this size usually spends on it a month, minor units."""

    category: str
    stated: int
    guideline: int


def asks(statement: Statement, guidelines: SpendingGuidelines) -> tuple[Ask, ...]:
    """Return for which categories a word is missing, in the order of the guidelines."""
    return tuple(
        Ask(code, statement.spending[code], usual)
        for code, guideline in guidelines.categories.items()
        if statement.spending.get(code, 0) > (usual := guideline.for_household(statement.persons))
        and not statement.words.get(code, "").strip()
    )


@dataclass(frozen=True, slots=True)
class Means:
    """
    What the months can carry: now, and from a day on again more, where the trouble is expected to pass.

    :param later, later_from: both or none.
    """

    rules: AffordabilityRules
    now: Month
    later: Month | None = None
    later_from: date | None = None

    @property
    def is_temporary(self) -> bool:
        """Whether the month is expected to carry more again."""
        return self.later is not None and self.later.room_for_installment(self.rules) > self.room_now

    @property
    def room_now(self) -> int:
        """The most that this loan may ask a month; negative: so much is missing before it asks for anything."""
        return self.now.room_for_installment(self.rules)

    def month(self, on: date) -> Month:
        """Return the month of a day. The month in which the income comes back counts as one that it is missing from."""
        if self.later is None or self.later_from is None or on < _next_month(self.later_from):
            return self.now
        return self.later

    def can_carry(self, payment: int, on: date) -> bool:
        """Whether the month of a day can carry a payment; to ask for nothing is always carried."""
        return payment <= max(0, self.month(on).room_for_installment(self.rules))

    def carries(self, by_month: Sequence[tuple[date, int]]) -> bool:
        """:param by_month: a first of a month, and what the loan asks for in it."""
        return all(self.can_carry(payment, first) for first, payment in by_month)


def means_of(statement: Statement, rules: AffordabilityRules) -> Means:
    now = statement.household().month(rules)
    if statement.later_income is None or statement.later_from is None:
        return Means(rules, now)
    later = statement.household(Amount(statement.later_income, statement.later_income)).month(rules)
    return Means(rules, now, later, statement.later_from)


def _next_month(day: date) -> date:
    """Return the first day of the month after the one of a day, or the day itself where it is a first."""
    return day if day.day == 1 else add_months(day.replace(day=1), 1)
