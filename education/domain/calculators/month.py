"""A month in figures: what is left after essentials, debts and a buffer, and in a harder month."""

from dataclasses import dataclass

from dashu.finance.affordability import AffordabilityRules, Month


@dataclass(frozen=True, slots=True)
class Budget:
    """
    :param left: after the buffer; negative: what is missing.
    :param most: the highest installment that a new loan might have, 0 for none.
    :param hard_left: the same as `left` in a month with less income.
    """

    month: Month
    buffer: int
    left: int
    most: int
    hard_income: int
    hard_left: int


def budget(month: Month, rules: AffordabilityRules) -> Budget:
    hard = month.stressed(rules)
    left = month.carrying(0, rules).surplus
    return Budget(
        month=month,
        buffer=month.income - month.essentials - month.debt_payments - left,
        left=left,
        most=month.highest_installment(rules),
        hard_income=hard.income,
        hard_left=hard.carrying(0, rules).surplus,
    )
