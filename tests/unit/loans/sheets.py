"""Fee lines and sheets that several tests look at."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from dashu.finance.penalty import PenaltyRule
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding
from dashu.finance.terms import Method, ScheduleTerms
from loans.domain.cost_sheet import CostSheet, cost_sheet
from loans.domain.fees import FeeLine, FeeWhen, scheduled_fees

PENALTY = PenaltyRule(annual_rate=Decimal("0.24"), year_days=360, all_in_cap=Decimal("0.24"))
LEVEL = ScheduleTerms(
    principal=12_000_00,
    annual_rate=Decimal("0.18"),
    method=Method.EQUAL_INSTALLMENT,
    count=12,
    disbursed_on=date(2026, 8, 15),
)
# 12 × 8,833.3 for 100,000 yuan, as the example of the PBC has it; the last one is 40 fen more.
PBC = ScheduleTerms(
    principal=100_000_00,
    annual_rate=Decimal("0.06"),
    method=Method.FLAT,
    count=12,
    disbursed_on=date(2026, 8, 15),
    due_rule=DueRule(Period.MONTH),
    rounding=Rounding.DOWN,
    rounding_unit=10,
)


def names(text: str) -> dict[str, str]:
    return {"zh-Hans": f"{text}(简)", "zh-Hant": f"{text}(繁)", "en": text}


def line(code: str, when: FeeWhen, minor: int = 0, **more) -> FeeLine:
    return FeeLine(code=code, name=names(code), payee=names("Dashu Finance"), when=when, minor=minor, **more)


ENTRY = line("entry", FeeWhen.UPFRONT, 1_000_00)
EACH = line("account", FeeWhen.EACH, 5_00)
NOTARY = line("notary", FeeWhen.ON_EVENT, 500_00)


def sheet(terms: ScheduleTerms = LEVEL, *lines: FeeLine, penalty: PenaltyRule = PENALTY, **more) -> CostSheet:
    return cost_sheet([replace(terms, fees=scheduled_fees(lines))], penalty, lines, rate_cap=Decimal("0.24"), **more)
