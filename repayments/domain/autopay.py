"""
When autopay collects, how much, and when it tries again.

The set-based SQL of `repayments.services.autopay` follows `collection_day` and is checked against it row by row.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from dashu.kernel.dates import add_months
from repayments.domain.standing import Standing

CONSENT_VERSION = "2026-11"
# A further try that could not be made for so long, because of a pause, is no longer expected by anyone.
TRY_LASTS = timedelta(days=7)


class Timing(StrEnum):
    DUE_DATE = "DUE_DATE"
    DAYS_BEFORE = "DAYS_BEFORE"
    MONTH_DAY = "MONTH_DAY"


def collection_day(timing: str, number: int | None, due_on: date, *, chosen_on: date, notice_days: int) -> date:
    """
    Return the day on which an installment is collected: on or before its due date, never after.

    A day that leaves no time to tell the borrower after they chose it is passed over: the due date takes its place.

    :param number: the day of the month (1 to 28) of MONTH_DAY, the days of DAYS_BEFORE.
    """
    day = due_on
    if timing == Timing.DAYS_BEFORE and number:
        day = due_on - timedelta(days=number)
    elif timing == Timing.MONTH_DAY and number:
        day = add_months(due_on, 0 if due_on.day >= number else -1, day=number)
    return due_on if day < chosen_on + timedelta(days=notice_days) else day


def amount_to_collect(standing: Standing, *, on: date, due_on: date) -> int:
    """
    Return what is really due of a loan up to and including `due_on`, as it stands on `on`.

    On the due date and after it this is exactly `standing.due_now`; before, it is what will be due by then.

    :param standing: of the day `on`.
    """
    demanded = sum(row.unpaid for row in standing.rows if on <= row.due_on <= max(on, due_on))
    return min(standing.overdue + standing.penalty + standing.rest + demanded, standing.left_to_pay)


def next_try(
    days: Sequence[int], *, tries: int, first_failed_on: date, failure: str, final_failures: frozenset[str], today: date
) -> date | None:
    """
    Return the day of the next try after a failure; None when there is to be none.

    :param days: days after the first failure, one for each further try.
    :param tries: how many tries were made, the failed one included.
    """
    if failure in final_failures or tries > len(days):
        return None
    return max(first_failed_on + timedelta(days=days[tries - 1]), today + timedelta(days=1))
