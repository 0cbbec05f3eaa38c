"""A late installment in the credit report: its code at each month's end, and until when it is shown."""

from collections.abc import Mapping
from datetime import date, timedelta

from dashu.kernel.dates import add_months
from education.domain.charts import Bar, Bars, Chart

DUE_ON = date(2026, 3, 10)
SOON, LATE = date(2026, 4, 20), date(2026, 6, 20)  # the days on which two people clear the same installment
KEPT_YEARS = 5

# The first day past due of each code; the same steps as in the policy pack, which a test compares.
CODES = ((0, "N"), (1, "1"), (31, "2"), (61, "3"), (91, "4"), (121, "5"), (151, "6"), (181, "7"))


def code_after(days: int) -> str:
    return next(code for first, code in reversed(CODES) if days >= first)


def shown_until(cleared_on: date) -> date:
    """Return the day on which a late payment leaves the report: five years after it was cleared."""
    return add_months(cleared_on, 12 * KEPT_YEARS)


def month_ends(cleared_on: date) -> list[date]:
    """Return the ends of the months in which the installment was still open."""
    ends = (add_months(DUE_ON, months + 1, day=1) - timedelta(days=1) for months in range(12))
    return [end for end in ends if end < cleared_on]


def figures() -> Mapping[str, str]:
    late = [(end - DUE_ON).days for end in month_ends(LATE)]
    found = {"days_between": str((LATE - SOON).days), "code_most": CODES[-1][1]}
    for number, days in enumerate(late, start=1):
        found |= {f"days_{number}": str(days), f"code_{number}": code_after(days)}
    return found | {"months_soon": str(len(month_ends(SOON))), "months_late": str(len(late))}


def dates() -> Mapping[str, date]:
    return {
        "due_on": DUE_ON,
        "cleared_soon": SOON,
        "cleared_late": LATE,
        "shown_soon": shown_until(SOON),
        "shown_late": shown_until(LATE),
        "shown_from_due": shown_until(DUE_ON),
        "cleared_late_again": SOON,
        "shown_late_again": shown_until(SOON),
        "shown_soon_again": shown_until(LATE),
    }


def charts() -> Mapping[str, Chart]:
    late = [(end - DUE_ON).days for end in month_ends(LATE)]
    bars = [Bar(f"month_{n}", days, code_after(days), "other") for n, days in enumerate(late, start=1)]
    return {"codes": Bars(tuple(bars))}
