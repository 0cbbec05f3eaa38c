"""What being late costs a borrower a day, with everything that makes the figure."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.installments import Installment
from dashu.finance.loan import Contract, InterestBasis, Position, Status, accrue
from dashu.finance.penalty import PenaltyBase, PenaltyRule, penalty_base
from dashu.finance.rounding import Rounding, to_minor


@dataclass(frozen=True, slots=True)
class LateCost:
    """
    The penalty of one more day: `base_minor` × `annual_rate` ÷ `year_days`, rounded half-up to `a_day_minor`.

    :param base_minor: of the installments that are late beyond the grace days, what the contract charges penalty on.
    :param interest_runs_on: interest of the contract itself goes on on unpaid principal, beside the penalty.
    :param is_paused: the day is not charged, because the count stands still.
    """

    base: PenaltyBase
    base_minor: int
    annual_rate: Decimal
    year_days: int
    grace_days: int
    a_day_minor: int
    interest_runs_on: bool
    is_paused: bool


def late_cost_of(position: Position, contract: Contract, today: date) -> LateCost:
    """Return what `today` adds to a position that may lie some days back."""
    position = accrue(position, contract, today - timedelta(days=1))
    rule = contract.penalty
    charged = penalty_base(position.installments, today, rule, pauses=position.pauses)
    counted = penalty_base(position.installments, today, rule)
    if position.status is not Status.ACTIVE:
        charged = counted = 0
    return LateCost(
        base=rule.base,
        base_minor=counted,
        annual_rate=rule.annual_rate,
        year_days=rule.year_days,
        grace_days=rule.grace_days,
        a_day_minor=a_day(charged, rule),
        interest_runs_on=contract.interest_basis is InterestBasis.DAILY,
        is_paused=charged < counted,
    )


def cost_if_missed(row: Installment, contract: Contract) -> int:
    """Return what each day would add if this installment alone were late; minor units."""
    after = row.due_on + timedelta(days=contract.penalty.grace_days + 1)
    return a_day(penalty_base([row], after, contract.penalty), contract.penalty)


def a_day(base_minor: int, rule: PenaltyRule) -> int:
    return to_minor(Decimal(base_minor * rule.rate_millionths) / rule.parts_per_minor, Rounding.HALF_UP)
