"""
"No loan" as an answer that helps: where the month goes, what would change the answer, and what is worth reading.

The figures are those of the decision itself, so that a budget tool and the reasons of a refusal cannot contradict each
other. What would change the answer is said only where it alone would do; nobody is told to borrow elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dashu.finance.affordability import AffordabilityRules, Household
from loans.domain.credit_review import Finding, Reason

LESSON_RATES = "annual-rate"
LESSON_OVERDUE = "overdue"
# By what is taught: what several loans really cost, and what falling behind brings and how to ask for help before it.
LESSON_OF: Mapping[Reason, str] = {
    Reason.TOO_MANY_LENDERS: LESSON_RATES,
    Reason.MANY_INQUIRIES: LESSON_RATES,
    Reason.REPAYS_OTHER_LOANS: LESSON_RATES,
    Reason.RATE_ABOVE_CAP: LESSON_RATES,
    Reason.DEBT_SHARE: LESSON_RATES,
    Reason.NO_SURPLUS: LESSON_OVERDUE,
    Reason.STRESSED: LESSON_OVERDUE,
    Reason.OVERDUE_ELSEWHERE: LESSON_OVERDUE,
}


@dataclass(frozen=True, slots=True)
class Debt:
    """
    One loan or card that is paid off month by month.

    :param name: as the applicant or the bureau calls it.
    :param payment: minor units a month.
    :param months_left: until it is paid off; None: not known, or never at this payment.
    """

    name: str
    payment: int
    months_left: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """
    The month that counted, minor units.

    :param income: as it counted; `stated_income` is what was said.
    :param free: what is left after essentials, debts and the buffer; negative: missing.
    :param highest_installment: the most that a new installment may be.
    :param heaviest: the debt with the highest payment, None without any.
    """

    income: int
    stated_income: int
    essentials: int
    debts: int
    buffer: int
    free: int
    highest_installment: int
    heaviest: Debt | None


@dataclass(frozen=True, slots=True)
class WaysOut:
    """
    What would make an installment fit the month, each by itself; None where it alone would not do.

    :param missing: minor units a month, 0 when it fits already.
    :param lower_debts_by: by how much debt payments would have to fall, minor units a month.
    :param wait_months: after how many months enough debts have ended.
    :param prove_income: the amount that would have to be proved of what was stated, minor units a month.
    """

    missing: int
    lower_debts_by: int | None = None
    wait_months: int | None = None
    prove_income: int | None = None


def budget_of(household: Household, rules: AffordabilityRules, debts: Sequence[Debt] = ()) -> Budget:
    """Return where the month goes. :param debts: known one by one; what counts is what the household's month says."""
    month = household.month(rules)
    free = month.carrying(0, rules).surplus
    return Budget(
        income=month.income,
        stated_income=household.income.stated,
        essentials=month.essentials,
        debts=month.debt_payments,
        buffer=month.income - month.essentials - month.debt_payments - free,
        free=free,
        highest_installment=month.highest_installment(rules),
        heaviest=max(debts, key=lambda debt: debt.payment, default=None),
    )


def ways_out(household: Household, rules: AffordabilityRules, installment: int, debts: Sequence[Debt] = ()) -> WaysOut:
    """
    Return what would make an installment fit.

    :param installment: minor units a month, as of the smallest loan that would help.
    """
    month = household.month(rules)
    room = month.room_for_installment(rules)
    missing = max(0, installment - room)
    if not missing:
        return WaysOut(0)
    proved = replace(household, income=replace(household.income, verified=household.income.stated))
    is_unproved = household.income.verified is None
    return WaysOut(
        missing=missing,
        lower_debts_by=missing if missing <= month.debt_payments else None,
        wait_months=_months_until(missing, debts),
        prove_income=household.income.stated
        if is_unproved and proved.month(rules).room_for_installment(rules) >= installment
        else None,
    )


def lesson_for(findings: Iterable[Finding]) -> str | None:
    """Return the slug of the lesson that fits the gravest reason that has one; None where none fits."""
    return next((LESSON_OF[each.reason] for each in findings if each.reason in LESSON_OF), None)


def _months_until(missing: int, debts: Sequence[Debt]) -> int | None:
    """Return after how many months the debts that have ended by then free what is missing."""
    freed = 0
    ending = sorted((debt.months_left, debt.payment) for debt in debts if debt.months_left is not None)
    for months, payment in ending:
        freed += payment
        if freed >= missing:
            return months
    return None
