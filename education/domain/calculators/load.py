"""Several loans at once, and what they take of one month together."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashu.finance.affordability import AffordabilityRules, Month
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from education.domain.calculators import ANY_DAY


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A loan repaid in equal installments. :param annual_rate: simple, a fraction."""

    owed: int
    annual_rate: Decimal
    months: int


@dataclass(frozen=True, slots=True)
class Burden:
    """
    :param installments: of each loan, in the order given; `together` is their sum.
    :param share: of the income that all take, a fraction; None without income.
    :param left: of the month, after essentials and the buffer; negative: what is missing.
    """

    installments: tuple[int, ...]
    interest: int
    together: int
    share: Decimal | None
    left: int


def load(loans: Sequence[Borrowed], month: Month, rules: AffordabilityRules) -> Burden:
    """Return what the loans come to. :param month: without them; its `debt_payments` are others beside them."""
    schedules = [
        build_schedule(ScheduleTerms(each.owed, each.annual_rate, Method.EQUAL_INSTALLMENT, each.months, ANY_DAY))
        for each in loans
    ]
    installments = tuple(rows[0].total for rows in schedules)
    together = sum(installments)
    return Burden(
        installments=installments,
        interest=sum(row.interest for rows in schedules for row in rows),
        together=together,
        share=Decimal(together + month.debt_payments) / month.income if month.income else None,
        left=month.carrying(together, rules).surplus,
    )
