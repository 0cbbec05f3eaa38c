"""Thirteen weeks of a small shop: what comes in, what goes out, and the week in which too little is left."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import accumulate

from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from education.domain.charts import Chart, Line, Lines
from education.domain.figures.writing import quoted_percent, yuan

OPENING = 12_000_00
SALES = tuple(
    sales * 100
    for sales in (9_000, 9_000, 8_500, 8_000, 6_000, 4_500, 4_000, 5_000, 7_000, 9_000, 10_000, 10_500, 11_000)
)
GOODS = 4_000_00  # a week
WAGES, RENT, EVERY = 6_000_00, 5_000_00, 4  # with the installment, every so many weeks
TAX_SHARE, TAX_SHARE_AGAIN = Decimal("0.03"), Decimal("0.05")
LOAN = ScheduleTerms(60_000_00, Decimal("0.15"), Method.EQUAL_INSTALLMENT, 12, date(2026, 8, 20))
# The same loan, in the three weakest months with interest only.
QUIET_MONTHS = (1, 2, 3)
SEASONAL = ScheduleTerms(
    60_000_00, Decimal("0.15"), Method.SEASONAL, 12, date(2026, 8, 20), interest_only_months=QUIET_MONTHS
)


def tax(share: Decimal = TAX_SHARE) -> list[int]:
    return [to_minor(sales * share, Rounding.HALF_UP) for sales in SALES]


def balances(*, with_tax_kept: bool) -> list[int]:
    """Return what is in the account after each week; with the tax put aside, what of it is the shop's."""
    changes = [OPENING]
    for week, (sales, aside) in enumerate(zip(SALES, tax(), strict=True), start=1):
        out = GOODS + (WAGES + RENT + LOAN_PAYMENT if week % EVERY == 0 else 0)
        changes.append(sales - out - (aside if with_tax_kept else 0))
    return list(accumulate(changes))


def installments(terms: ScheduleTerms) -> tuple[Row, ...]:
    return build_schedule(terms)


LOAN_PAYMENT = installments(LOAN)[0].total


def figures() -> Mapping[str, str]:
    own = balances(with_tax_kept=True)
    lowest = min(own)
    assert lowest < 0, "the lesson tells of a week in which money is missing"
    seasonal = installments(SEASONAL)
    quiet = [row.total for row in seasonal if row.due_on.month in QUIET_MONTHS]
    busy = [row.total for row in seasonal if row.due_on.month not in QUIET_MONTHS]
    extra = sum(row.interest for row in seasonal) - sum(row.interest for row in installments(LOAN))
    return {
        "opening": yuan(OPENING),
        "weeks": str(len(SALES)),
        "every": str(EVERY),
        "goods": yuan(GOODS),
        "wages": yuan(WAGES),
        "rent": yuan(RENT),
        "best_sales": yuan(max(SALES)),
        "worst_sales": yuan(min(SALES)),
        "worst_sales_again": yuan(max(SALES)),
        "tax_share": quoted_percent(TAX_SHARE),
        "tax_worst": yuan(min(tax())),
        "tax_worst_again": yuan(max(tax())),
        "tax_in_all": yuan(sum(tax())),
        "lowest_week": str(own.index(lowest)),
        "missing": yuan(-lowest),
        "lowest_with_tax": yuan(balances(with_tax_kept=False)[own.index(lowest)]),
        "borrowed": yuan(LOAN.principal),
        "rate": quoted_percent(LOAN.annual_rate),
        "count": str(LOAN.count),
        "payment": yuan(LOAN_PAYMENT),
        "quiet_payment": yuan(max(quiet)),
        "busy_payment": yuan(max(busy)),
        "seasonal_extra": yuan(extra),
        "zero": yuan(0),
    }


def charts() -> Mapping[str, Chart]:
    own, all_of_it = balances(with_tax_kept=True), balances(with_tax_kept=False)
    lines = (Line("account", tuple(all_of_it), "fee"), Line("own", tuple(own), "principal"))
    marks = {minor: yuan(minor) for minor in (max(all_of_it), 0)}
    return {"weeks": Lines(lines, marks, ("0", str(len(SALES))))}
