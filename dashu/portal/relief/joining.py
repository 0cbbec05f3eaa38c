"""What several loans of a borrower become: which of them end, for how much, and all that the new one costs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from dashu.kernel.dates import lender_today
from dashu.policy import rules as policy
from loans.disclosing import contingent_rows, cost_rows, late_example, not_charged, yearly_cost
from loans.domain.cost_sheet import sheet_of


def joined_shown(figures: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what `_joined.html` takes of a way by its figures; None where it joins no loans."""
    if (joined := figures.get("consolidation")) is None:
        return None
    sheet = sheet_of(joined["cost_sheet"])
    lender = policy.lender_names(lender_today())[get_language() or "zh-hans"]
    return {
        "ends": [(each["loan"], each["minor"], Decimal(each["annual_rate"])) for each in joined["ends"]],
        "rate_before": Decimal(joined["annual_rate_before"]),
        "sheet": sheet,
        "yearly": yearly_cost(sheet),
        "costs": cost_rows(sheet, lender=lender),
        "contingent": contingent_rows(sheet, lender=lender),
        "late_example": late_example(sheet),
        "not_charged": not_charged(sheet),
    }


def numbers_of(figures: Mapping[str, Any], number: str) -> str:
    """Return which loans a way is about. :param number: of its loan, where it is about one alone."""
    joined = figures.get("consolidation")
    return ", ".join(each["loan"] for each in joined["ends"]) if joined else number
