"""
Three ways out of a card balance: the minimum, a fixed amount a month, and an installment loan that pays the card off.

All three begin today and are computed as the issuer and this lender would: the card by its own monthly interest, the
loan by its schedule. The honest question is what the same money a month does in each; so the fixed amount is the loan's
installment unless another is asked for, and a loan that does not beat it says so.
Source: 10% minimum of 20,000 yuan at 0.05% a day, 45 months and 3,440.56 yuan; the first minimum kept up, 11 months.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashu.finance.annual_rates import all_in_rates
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import CardPlan, Method, NegativeAmortization, ScheduleTerms
from loans.domain.fees import demanded_rows

LONGEST = 600  # months; what takes longer never ends for any practical purpose


@dataclass(frozen=True, slots=True)
class CardDebt:
    """
    :param statement: what the card asks for, minor units.
    :param annual_rate: of the card, a fraction; 0.05% a day are 0.1825.
    :param minimum_share: of balance and interest that the issuer asks for at least, a fraction.
    :param minimum_floor: the least installment, minor units.
    """

    statement: int
    annual_rate: Decimal
    minimum_share: Decimal
    minimum_floor: int


@dataclass(frozen=True, slots=True)
class Way:
    """
    :param months: until nothing is left.
    :param first: what is paid in the first month, minor units.
    :param cost: all interest and fees, minor units.
    """

    months: int
    first: int
    cost: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    :param minimum, fixed: None where the payment does not even cover the interest, so that the balance never ends.
    :param loan_rate: all-in, yearly, the stricter of nominal and effective.
    """

    minimum: Way | None
    fixed: Way | None
    loan: Way
    loan_rate: Decimal

    @property
    def saved(self) -> int | None:
        """What the loan costs less than the fixed amount, minor units; negative: more. None: that one never ends."""
        return self.fixed.cost - self.loan.cost if self.fixed else None

    @property
    def is_loan_better(self) -> bool:
        return self.saved is None or self.saved > 0


def compare(debt: CardDebt, loan: ScheduleTerms, *, fixed: int | None = None) -> Comparison:
    """
    Compare the three ways.

    :param loan: over the whole statement.
    :param fixed: minor units a month; None: as much as the loan's highest installment.
    :raises DomainError: no schedule can be made of the loan.
    """
    assert loan.principal == debt.statement
    rows = build_schedule(loan)
    rates = all_in_rates(loan, rows)
    monthly = max(row.total for row in rows)
    demanded = demanded_rows(loan)
    return Comparison(
        minimum=_on_the_card(debt, CardPlan(share=debt.minimum_share, floor=debt.minimum_floor), loan.disbursed_on),
        fixed=_on_the_card(debt, CardPlan(fixed=monthly if fixed is None else fixed), loan.disbursed_on),
        loan=_way(demanded),
        loan_rate=max(rates.irr_nominal, rates.irr_effective),
    )


def _on_the_card(debt: CardDebt, plan: CardPlan, on: date) -> Way | None:
    terms = ScheduleTerms(
        principal=debt.statement,
        annual_rate=debt.annual_rate,
        method=Method.CARD_PLAN,
        count=LONGEST,
        disbursed_on=on,
        card_plan=plan,
    )
    try:
        rows = build_schedule(terms)
    except NegativeAmortization:
        return None
    return None if len(rows) == LONGEST else _way(rows)


def _way(rows: Sequence[Row]) -> Way:
    return Way(len(rows), rows[0].total, sum(row.interest + row.fee for row in rows))
