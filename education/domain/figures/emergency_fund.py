"""How long it takes to put something by, and what a small loan costs that it makes unnecessary."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from education.domain.charts import Bar, Bars, Chart
from education.domain.figures.writing import quoted_percent, yuan

LOAN = ScheduleTerms(12_000_00, Decimal("0.18"), Method.EQUAL_INSTALLMENT, 12, date(2026, 9, 15))
SMALL_LOAN = ScheduleTerms(2_000_00, Decimal("0.24"), Method.EQUAL_INSTALLMENT, 6, date(2026, 9, 15))
ESSENTIALS = 3_500_00
SAVED_A_MONTH, SAVED_AGAIN = 300_00, 200_00


def months_for(goal: int, saved_a_month: int = SAVED_A_MONTH) -> int:
    """Return after how many months of saving the goal is reached."""
    return -(-goal // saved_a_month)


def goals() -> Mapping[str, int]:
    return {"first": build_schedule(LOAN)[0].total, "second": ESSENTIALS, "third": 3 * ESSENTIALS}


def figures() -> Mapping[str, str]:
    rows = build_schedule(SMALL_LOAN)
    found = {
        "installment": yuan(goals()["first"]),
        "essentials": yuan(ESSENTIALS),
        "essentials_3": yuan(3 * ESSENTIALS),
        "saved": yuan(SAVED_A_MONTH),
        "saved_again": yuan(SAVED_AGAIN),
        "months_first_again": str(months_for(goals()["first"], SAVED_AGAIN)),
        "months_second_again": str(months_for(goals()["second"], SAVED_AGAIN)),
        "one": "1",
        "repair": yuan(SMALL_LOAN.principal),
        "rate": quoted_percent(SMALL_LOAN.annual_rate),
        "loan_months": str(SMALL_LOAN.count),
        "loan_payment": yuan(rows[0].total),
        "loan_interest": yuan(sum(row.interest for row in rows)),
        "months_repair": str(months_for(SMALL_LOAN.principal)),
    }
    return found | {f"months_{name}": str(months_for(goal)) for name, goal in goals().items()}


def charts() -> Mapping[str, Chart]:
    return {"goals": Bars(tuple(Bar(code, goal, yuan(goal), "principal") for code, goal in goals().items()))}
