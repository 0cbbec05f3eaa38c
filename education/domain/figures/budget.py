"""A month in figures, by the same sums as a credit review makes."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from dashu.finance.affordability import AffordabilityRules, Month
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from education.domain.charts import Bar, Bars, Chart
from education.domain.figures.writing import quoted_percent, share, yuan

MONTH = Month(income=8_000_00, essentials=4_200_00, debt_payments=1_600_00)
AGAIN = Month(income=6_000_00, essentials=3_400_00, debt_payments=1_100_00)
# The buffer and the bar are those of the policy pack, which a test compares.
RULES = AffordabilityRules(
    unverified_income=Decimal("0.7"),
    buffer=Decimal("0.1"),
    watched_debt=Decimal("0.5"),
    highest_debt=Decimal("0.7"),
    stressed_income=Decimal("0.8"),
    stressed_rate=Decimal("0.02"),
)
NEW_LOAN = ScheduleTerms(10_000_00, Decimal("0.18"), Method.EQUAL_INSTALLMENT, 12, date(2026, 9, 15))


def left(month: Month, installment: int = 0) -> int:
    """Return what is free in a month: without essentials, debts and the buffer."""
    return month.carrying(installment, RULES).surplus


def buffer(month: Month) -> int:
    return month.income - month.essentials - month.debt_payments - left(month)


def figures() -> Mapping[str, str]:
    new = build_schedule(NEW_LOAN)[0].total
    hard = MONTH.stressed(RULES)
    return {
        "income": yuan(MONTH.income),
        "essentials": yuan(MONTH.essentials),
        "debts": yuan(MONTH.debt_payments),
        "debt_share": share(MONTH.debt_payments, MONTH.income),
        "buffer": yuan(buffer(MONTH)),
        "buffer_share": quoted_percent(RULES.buffer),
        "before_buffer": yuan(left(MONTH) + buffer(MONTH)),
        "left": yuan(left(MONTH)),
        "borrowed": yuan(NEW_LOAN.principal),
        "rate": quoted_percent(NEW_LOAN.annual_rate),
        "count": str(NEW_LOAN.count),
        "new_installment": yuan(new),
        "left_with_loan": yuan(left(MONTH, new)),
        "drop": quoted_percent(1 - RULES.stressed_income),
        "hard_income": yuan(hard.income),
        "hard_missing": yuan(-left(hard, new)),
        "watched_share": quoted_percent(RULES.watched_debt),
        "income_again": yuan(AGAIN.income),
        "essentials_again": yuan(AGAIN.essentials),
        "debts_again": yuan(AGAIN.debt_payments),
        "before_buffer_again": yuan(left(AGAIN) + buffer(AGAIN)),
        "left_again": yuan(left(AGAIN)),
        "minus_essentials": yuan(MONTH.income - MONTH.essentials),
        "minus_essentials_again": yuan(AGAIN.income - AGAIN.essentials),
    }


def charts() -> Mapping[str, Chart]:
    parts = {
        "income": (MONTH.income, "left"),
        "essentials": (MONTH.essentials, "fee"),
        "debts": (MONTH.debt_payments, "other"),
        "buffer": (buffer(MONTH), "interest"),
        "left": (left(MONTH), "principal"),
    }
    return {"month": Bars(tuple(Bar(code, minor, yuan(minor), tone) for code, (minor, tone) in parts.items()))}  # type: ignore[arg-type]
