"""What a late installment costs, by the same penalty rule as on a live loan."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.installments import Installment
from dashu.finance.penalty import PenaltyRule, penalty_parts
from education.domain.charts import Bar, Bars, Chart
from education.domain.figures.writing import quoted_percent, yuan

OVERDUE_PRINCIPAL = 1_000_00
RULE = PenaltyRule(annual_rate=Decimal("0.24"), year_days=360)
DUE_ON = date(2026, 9, 1)


def penalty_after(days: int, principal: int = OVERDUE_PRINCIPAL) -> int:
    """Return the fen that late principal costs after so many days."""
    late = Installment(number=1, due_on=DUE_ON, principal=principal, interest=0)
    return RULE.whole_minor(penalty_parts([late], DUE_ON, DUE_ON + timedelta(days=days), RULE))


def figures() -> Mapping[str, str]:
    return {
        "overdue_principal": yuan(OVERDUE_PRINCIPAL),
        "penalty_rate": quoted_percent(RULE.annual_rate),
        "year_days": str(RULE.year_days),
        "penalty_3": yuan(penalty_after(3)),
        "penalty_30": yuan(penalty_after(30)),
        "penalty_60": yuan(penalty_after(60)),
        "penalty_90": yuan(penalty_after(90)),
        "penalty_year": yuan(penalty_after(RULE.year_days)),
        "nothing": yuan(penalty_after(0)),
        "half_principal": yuan(OVERDUE_PRINCIPAL // 2),
        "half_30": yuan(penalty_after(30, OVERDUE_PRINCIPAL // 2)),
        "full_30": yuan(penalty_after(30)),
        "late_days": "30",
        "late_days_again": "90",
        "penalty_30_again": yuan(penalty_after(90)),
    }


def charts() -> Mapping[str, Chart]:
    bars = [Bar(f"days_{days}", penalty_after(days), yuan(penalty_after(days)), "interest") for days in (3, 30, 60, 90)]
    return {"penalty": Bars(tuple(bars))}
