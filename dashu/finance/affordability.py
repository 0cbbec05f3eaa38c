"""
What a household can carry in a month: income, essential spending, debts, and what one more installment does to them.

Income counts as proved; while it is only stated, a share of it counts. Spending and debts count as the higher of what
is stated and what is proved, and essentials never below what a household of this size is known to need. Some of the
income stays free as a buffer. The same sums with less income and a dearer installment are the stress case.
Source: the form follows the UK Standard Financial Statement; the shares are dated data of the policy pack.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal


@dataclass(frozen=True, slots=True)
class Amount:
    """What somebody says a month brings or costs, in minor units, and what was proved of it; None: nothing yet."""

    stated: int
    verified: int | None = None


@dataclass(frozen=True, slots=True)
class AffordabilityRules:
    """
    Shares are fractions from 0 to 1.

    :param unverified_income: share of the stated income that counts until it is proved.
    :param buffer: share of the income that stays free.
    :param watched_debt, highest_debt: shares of the income that all debt payments together may take: above the first a
        person looks at it, above the second it is too much.
    :param stressed_income: share of the income that is left in the stress case.
    :param stressed_rate: what the stress case adds to the yearly rate, a fraction.
    """

    unverified_income: Decimal
    buffer: Decimal
    watched_debt: Decimal
    highest_debt: Decimal
    stressed_income: Decimal
    stressed_rate: Decimal


@dataclass(frozen=True, slots=True)
class Household:
    """
    :param essentials_floor: the least that a household of this size is taken to spend; minor units a month.
    """

    income: Amount
    essentials: Amount
    debt_payments: Amount
    essentials_floor: int = 0

    def month(self, rules: AffordabilityRules) -> "Month":
        """Return the month that counts."""
        stated, verified = self.income.stated, self.income.verified
        income = share_of(stated, rules.unverified_income) if verified is None else min(stated, verified)
        return Month(
            income=income,
            essentials=max(_dearer(self.essentials), self.essentials_floor),
            debt_payments=_dearer(self.debt_payments),
        )


@dataclass(frozen=True, slots=True)
class Month:
    """A month as it counts, in minor units."""

    income: int
    essentials: int
    debt_payments: int

    def stressed(self, rules: AffordabilityRules) -> "Month":
        return Month(share_of(self.income, rules.stressed_income), self.essentials, self.debt_payments)

    def carrying(self, installment: int, rules: AffordabilityRules) -> "Burden":
        """Return what is left, and what debts take, with one more installment."""
        debts = self.debt_payments + installment
        return Burden(
            surplus=self.income - _buffer(self.income, rules) - self.essentials - debts,
            debt_bps=-(-debts * 10_000 // self.income) if self.income else None,
        )

    def highest_installment(self, rules: AffordabilityRules) -> int:
        """Return the most that a new installment may be: within the surplus and the highest share of debts; or 0."""
        return max(0, self.room_for_installment(rules))

    def room_for_installment(self, rules: AffordabilityRules) -> int:
        """Return the same, below 0 by what is missing before anything new comes on top."""
        by_surplus = self.carrying(0, rules).surplus
        by_debts = share_of(self.income, rules.highest_debt) - self.debt_payments
        return min(by_surplus, by_debts)


@dataclass(frozen=True, slots=True)
class Burden:
    """
    :param surplus: minor units left in a month after essentials, all debts and the buffer; negative: missing.
    :param debt_bps: what debts take of the income, basis points, rounded up; None without income.
    """

    surplus: int
    debt_bps: int | None

    def takes_more_than(self, share: Decimal) -> bool:
        return self.debt_bps is None or self.debt_bps > share * 10_000


def share_of(minor: int, share: Decimal) -> int:
    """Return a share of an amount, rounded down to a minor unit."""
    return int((minor * share).to_integral_value(ROUND_FLOOR))


def _buffer(income: int, rules: AffordabilityRules) -> int:
    return int((income * rules.buffer).to_integral_value(ROUND_CEILING))


def _dearer(amount: Amount) -> int:
    return max(amount.stated, amount.verified or 0)
