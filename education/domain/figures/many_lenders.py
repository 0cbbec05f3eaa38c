"""Three loans that each look small, and what they take of one month together."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import accumulate

from dashu.finance.affordability import Month
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from education.domain.charts import Bar, Bars, Chart
from education.domain.figures.budget import RULES
from education.domain.figures.writing import quoted_percent, share, yuan

LOANS = (5_000_00, 8_000_00, 12_000_00)
RATE, COUNT = Decimal("0.24"), 12
INCOME, ESSENTIALS = 6_500_00, 3_500_00
INCOME_AGAIN = 5_200_00


def installment(principal: int) -> int:
    return build_schedule(ScheduleTerms(principal, RATE, Method.EQUAL_INSTALLMENT, COUNT, date(2026, 9, 15)))[0].total


def together() -> list[int]:
    """Return what the first loan takes of a month, the first two, and all three."""
    return list(accumulate(installment(loan) for loan in LOANS))


def interest(principal: int) -> int:
    terms = ScheduleTerms(principal, RATE, Method.EQUAL_INSTALLMENT, COUNT, date(2026, 9, 15))
    return sum(row.interest for row in build_schedule(terms))


def left(debts: int) -> int:
    """Return what is free in the month, the buffer kept; below 0 is what is missing."""
    return Month(INCOME, ESSENTIALS, debts).carrying(0, RULES).surplus


def figures() -> Mapping[str, str]:
    one, two, three = together()
    found = {
        "rate": quoted_percent(RATE),
        "count": str(COUNT),
        "income": yuan(INCOME),
        "income_again": yuan(INCOME_AGAIN),
        "essentials": yuan(ESSENTIALS),
        "two": yuan(two),
        "three": yuan(three),
        "one_share": share(one, INCOME),
        "two_share": share(two, INCOME),
        "three_share": share(three, INCOME),
        "one_share_again": share(one, INCOME_AGAIN),
        "two_share_again": share(two, INCOME_AGAIN),
        "three_share_again": share(three, INCOME_AGAIN),
        "third_share": share(installment(LOANS[2]), INCOME),
        "third_share_again": share(installment(LOANS[2]), INCOME_AGAIN),
        "left_two": yuan(left(two)),
        "missing_three": yuan(-left(three)),
        "buffer": yuan(INCOME - ESSENTIALS - left(0)),
        "interest_in_all": yuan(sum(map(interest, LOANS))),
        "borrowed_in_all": yuan(sum(LOANS)),
        "watched_share": quoted_percent(RULES.watched_debt),
    }
    for number, loan in enumerate(LOANS, start=1):
        found |= {f"loan_{number}": yuan(loan), f"payment_{number}": yuan(installment(loan))}
    return found


def charts() -> Mapping[str, Chart]:
    codes = ("one", "two", "three")
    bars = [Bar(code, minor, yuan(minor), "interest") for code, minor in zip(codes, together(), strict=True)]
    return {"together": Bars((*bars, Bar("income", INCOME, yuan(INCOME), "left")))}
