"""
What the scorecards read of an applicant: the facts of an application under the names that the scorecards know.

Age, sex, marital status and region are no fields here. Amounts are in minor units a month unless said; only their
quotients are scored, so the unit does not matter.
"""

from dataclasses import dataclass
from enum import StrEnum

from loans.domain.scorecards import Fact


class Work(StrEnum):
    """How income is earned; the values are the scorecards' own."""

    FIXED = "fixed"
    FREELANCE = "freelance"
    PART_TIME = "partime"
    OTHER = "others"


class Housing(StrEnum):
    """How somebody lives; the values are the scorecards' own."""

    OWNER = "owner"
    RENT = "rent"
    PARENTS = "parents"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringFacts:
    """
    None is "not known", which is never worth more than an average applicant.

    :param amount: of the loan, minor units; `months` to repay it in.
    :param income, expenses: a month; expenses without debt payments.
    :param assets, debt: what is owned and what is owed elsewhere, in all.
    :param has_past_defaults: whether a loan was not repaid in the past.
    :param years_in_job: whole years in the present job.
    """

    amount: int
    months: int
    income: int | None = None
    expenses: int | None = None
    assets: int | None = None
    debt: int | None = None
    has_past_defaults: bool | None = None
    work: Work | None = None
    years_in_job: int | None = None
    housing: Housing | None = None


def fields_of(facts: ScoringFacts) -> dict[str, Fact]:
    """Return the facts by the fields of the scorecards."""
    defaults = {None: None, True: "yes", False: "no"}[facts.has_past_defaults]
    return {
        "amount": facts.amount,
        "months": facts.months,
        "income": facts.income,
        "expenses": facts.expenses,
        "assets": facts.assets,
        "debt": facts.debt,
        "past_defaults": defaults,
        "job": None if facts.work is None else facts.work.value,
        "years_in_job": facts.years_in_job,
        "home": None if facts.housing is None else facts.housing.value,
    }
