"""A card balance paid by the minimum that shrinks with it, and by the first minimum kept as it is."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import CardPlan, Method, ScheduleTerms
from education.domain.charts import Chart, Line, Lines
from education.domain.figures.writing import quoted_percent, share, yuan

BALANCE = 20_000_00
DAILY_RATE = Decimal("0.0005")
ANNUAL_RATE = DAILY_RATE * 365
SHARE, FLOOR = Decimal("0.1"), 100_00
MORE = 3_000_00  # a month, in the third case


def repaid(plan: CardPlan) -> Sequence[Row]:
    return build_schedule(ScheduleTerms(BALANCE, ANNUAL_RATE, Method.CARD_PLAN, 600, date(2026, 9, 15), card_plan=plan))


def by_minimum() -> Sequence[Row]:
    return repaid(CardPlan(share=SHARE, floor=FLOOR))


def fixed_payment() -> int:
    """Return the first minimum: the share of the balance and its first month's interest."""
    first = build_schedule(ScheduleTerms(BALANCE, ANNUAL_RATE, Method.BULLET, 1, date(2026, 9, 15)))[0]
    return to_minor(first.total * SHARE, Rounding.HALF_UP)


def by_fixed(payment: int) -> Sequence[Row]:
    return repaid(CardPlan(fixed=payment))


def interest(rows: Sequence[Row]) -> int:
    return sum(row.interest for row in rows)


def figures() -> Mapping[str, str]:
    minimum, fixed, more = by_minimum(), by_fixed(fixed_payment()), by_fixed(MORE)
    return {
        "balance": yuan(BALANCE),
        "daily": quoted_percent(DAILY_RATE),
        "annual": quoted_percent(ANNUAL_RATE),
        "share": quoted_percent(SHARE),
        "floor": yuan(FLOOR),
        "first_minimum": yuan(minimum[0].total),
        "first_interest": yuan(minimum[0].interest),
        "first_principal": yuan(minimum[0].principal),
        "first_interest_share": share(minimum[0].interest, minimum[0].total),
        "second_minimum": yuan(minimum[1].total),
        "after_a_year": yuan(minimum[11].balance),
        "minimum_months": str(len(minimum)),
        "minimum_interest": yuan(interest(minimum)),
        "fixed": yuan(fixed_payment()),
        "fixed_months": str(len(fixed)),
        "fixed_interest": yuan(interest(fixed)),
        "more": yuan(MORE),
        "more_months": str(len(more)),
        "more_interest": yuan(interest(more)),
        "saved_interest": yuan(interest(minimum) - interest(fixed)),
        "saved_months": str(len(minimum) - len(fixed)),
        "fixed_again": yuan(MORE),
        "fixed_months_again": str(len(more)),
        "fixed_interest_again": yuan(interest(more)),
        "saved_interest_again": yuan(interest(minimum) - interest(more)),
    }


def charts() -> Mapping[str, Chart]:
    minimum, fixed = by_minimum(), by_fixed(fixed_payment())
    lines = (
        Line("minimum", (BALANCE, *(row.balance for row in minimum)), "interest"),
        Line("fixed", (BALANCE, *(row.balance for row in fixed)), "principal"),
    )
    return {"balances": Lines(lines, {BALANCE: yuan(BALANCE), 0: yuan(0)}, ("0", str(len(minimum))))}
