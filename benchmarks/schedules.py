"""
How many schedules a second one core computes: `python benchmarks/schedules.py --schedules 20000`.

Equal installments with due dates, interest, principal and balance of every row, for 12, 36 and 360 installments; every
schedule has another amount and rate, so nothing is found in a cache. Four ways in one run:

- `build_schedule`, one after the other, as the live book does it;
- `quote_many`, all of them at once, as columns; and with every row built as `build_schedule` builds it;
- a plain loop in decimals that knows only this one method and rounds as Dashu does;
- numpy-financial's `ppmt` and `ipmt`, which give binary floats, no dates and no rounding.

The first two and the plain loop must agree to the fen, row by row; the program ends with 1 when they do not.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import numpy_financial as npf

from dashu.finance.batches import quote_many
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.dates import add_months

COUNTS = (12, 36, 360)
START = date(2026, 1, 15)
_ONE = Decimal(1)

Answer = Sequence[tuple[date, int, int, int]]


def terms_of(schedules: int, count: int) -> list[ScheduleTerms]:
    return [
        ScheduleTerms(
            principal=1_000_000 + 37 * number,
            annual_rate=Decimal(300 + number % 2_100) / 10_000,
            method=Method.EQUAL_INSTALLMENT,
            count=count,
            disbursed_on=START,
        )
        for number in range(schedules)
    ]


def plain_loop(terms: ScheduleTerms) -> Answer:
    """The textbook: one annuity, then a loop; due date, principal, interest and balance of each row."""
    rate = terms.annual_rate / 12
    factor = (_ONE + rate) ** terms.count
    installment = int((terms.principal * rate * factor / (factor - 1)).quantize(_ONE, rounding=ROUND_HALF_UP))
    rows, balance = [], terms.principal
    for number in range(1, terms.count + 1):
        # Multiplied before it is divided, half a fen stays half a fen.
        interest = int((balance * terms.annual_rate / 12).quantize(_ONE, rounding=ROUND_HALF_UP))
        principal = balance if number == terms.count else installment - interest
        balance -= principal
        rows.append((add_months(START, number), principal, interest, balance))
    return rows


def by_numpy_financial(terms: ScheduleTerms) -> Any:
    numbers = np.arange(1, terms.count + 1)
    rate = float(terms.annual_rate) / 12
    principal = -npf.ppmt(rate, numbers, terms.count, terms.principal)
    return principal, -npf.ipmt(rate, numbers, terms.count, terms.principal)


def seconds_of(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    answer = work()
    return time.process_time() - began, answer


def measured(schedules: int, count: int) -> dict[str, Any]:
    """Return schedules a second for each way, and how many schedules differ between the exact ones."""
    terms = terms_of(schedules, count)
    scalar_seconds, scalar = seconds_of(lambda: [build_schedule(one) for one in terms])
    columns_seconds, quotes = seconds_of(lambda: quote_many(terms))
    rows_seconds, rows = seconds_of(lambda: [quotes[index] for index in range(schedules)])
    loop_seconds, loop = seconds_of(lambda: [plain_loop(one) for one in terms])
    financial_seconds, _floats = seconds_of(lambda: [by_numpy_financial(one) for one in terms])
    differing = sum(
        one != other or plain(one) != list(looped) for one, other, looped in zip(scalar, rows, loop, strict=True)
    )
    return {
        "installments": count,
        "schedules": schedules,
        "differing": differing,
        "per_second": {
            "build_schedule": schedules / scalar_seconds,
            "quote_many": schedules / columns_seconds,
            "quote_many with rows": schedules / (columns_seconds + rows_seconds),
            "plain Decimal loop": schedules / loop_seconds,
            "numpy-financial": schedules / financial_seconds,
        },
    }


def plain(rows: Sequence[Row]) -> Answer:
    return [(row.due_on, row.principal, row.interest, row.balance) for row in rows]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=20_000, help="of 12 installments; fewer of the longer ones")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    figures = [measured(max(10, options.schedules * 12 // count), count) for count in COUNTS]
    print(f"Python {platform.python_version()}, {platform.machine()}, one core; schedules a second")
    print(f"{'':24}" + "".join(f"{count:>12} rows" for count in COUNTS) + "   ÷ plain loop (12)")
    for way in figures[0]["per_second"]:
        line = "".join(f"{figure['per_second'][way]:>17,.0f}" for figure in figures)
        ratio = figures[0]["per_second"][way] / figures[0]["per_second"]["plain Decimal loop"]
        print(f"{way:24}{line}{ratio:>14.2f}")
    differing = sum(figure["differing"] for figure in figures)
    compared = sum(figure["schedules"] for figure in figures)
    print(f"{compared:,} schedules compared row by row to the fen, {differing} differ")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
