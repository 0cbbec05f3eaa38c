"""The year in which a new plan is watched, and what one missed payment does to it."""

from collections.abc import Mapping
from datetime import date

from dashu.kernel.dates import add_months
from education.domain.figures.scams import PENALTY_RATE
from education.domain.figures.writing import quoted_percent, yuan
from education.domain.own import late_cost

FIRST_DUE = date(2026, 7, 15)
MISSED, MISSED_AGAIN = date(2026, 12, 15), date(2027, 2, 15)
OBSERVATION_MONTHS = 12
PLAN_PAYMENT = 700_00
SET_ASIDE = 100_00
LATE_DAYS = 12


def observed_until(start: date) -> date:
    """Return the day on which the observation that began on `start` ends."""
    return add_months(start, OBSERVATION_MONTHS)


def months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def figures() -> Mapping[str, str]:
    return {
        "observation_months": str(OBSERVATION_MONTHS),
        "months_done": str(months_between(FIRST_DUE, MISSED)),
        "months_done_again": str(months_between(FIRST_DUE, MISSED_AGAIN)),
        "months_in_all": str(months_between(FIRST_DUE, observed_until(MISSED))),
        "months_in_all_again": str(months_between(FIRST_DUE, observed_until(MISSED_AGAIN))),
        "plan_payment": yuan(PLAN_PAYMENT),
        "set_aside": yuan(SET_ASIDE),
        "months_of_saving": str(PLAN_PAYMENT // SET_ASIDE),
        "late_days": str(LATE_DAYS),
        "late_cost": yuan(late_cost(PLAN_PAYMENT, LATE_DAYS)),
        "penalty_rate": quoted_percent(PENALTY_RATE),
    }


def dates() -> Mapping[str, date]:
    return {
        "first_due": FIRST_DUE,
        "ends_on": observed_until(FIRST_DUE),
        "missed_on": MISSED,
        "missed_on_again": MISSED_AGAIN,
        "ends_anew_on": observed_until(MISSED),
        "ends_anew_on_again": observed_until(MISSED_AGAIN),
        "first_due_again": FIRST_DUE,
    }
