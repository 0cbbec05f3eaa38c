"""
Until when a claim can be enforced in court against a borrower who objects: the limitation period.

A demand, a promise or a payment of part begins it anew, as long as it has not run out. What comes later begins nothing
here: whether somebody who pays or promises after that gives the objection up is for a person to judge, never a program.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from dashu.kernel.dates import add_months


class Beginning(StrEnum):
    """From which day it runs: the due date that is unpaid for longest, or the last one of the schedule."""

    OLDEST_DUE = "OLDEST_DUE"
    LAST_DUE = "LAST_DUE"


def runs_out_on(begins_on: date, renewed_on: Iterable[date], *, months: int) -> date:
    """
    Return the last day on which the claim can still be taken to court.

    :param begins_on: the due date from which it runs; the day itself does not count.
    :param renewed_on: days of demands, promises and payments, in any order; those before `begins_on` change nothing.
    """
    last = add_months(begins_on, months)
    for day in sorted(renewed_on):
        if day > last:
            break
        last = max(last, add_months(day, months))
    return last
