"""What an offer is decided from: the loan as it stands, the household's months, the past, and the rules' bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from collections_mgmt.domain.relief.budget import Cause, Means
from dashu.finance.annual_rates import DatedAmount
from dashu.finance.life import Life
from dashu.finance.loan import Contract, Position
from dashu.finance.relief import ReliefMethod
from dashu.policy.relief import LossBand, PlanClocks, ReliefLimits


@dataclass(frozen=True, slots=True)
class Past:
    """
    What was changed before.

    :param restructured_on: the days of earlier plans, in any order.
    :param payments_of_plan: installments paid of the plan that runs now; None: none runs.
    :param moved_on: the days on which the due day was moved, rising.
    :param paid_since_move: installments that fell due since the last of them and are paid.
    :param withdrawn_on: the days on which a plan was taken back, rising.
    """

    restructured_on: tuple[date, ...] = ()
    payments_of_plan: int | None = None
    moved_on: tuple[date, ...] = ()
    paid_since_move: int = 0
    withdrawn_on: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    What no plan goes beyond on this day.

    :param rate_cap: of the all-in rate of the whole changed loan, the stricter of nominal and effective.
    :param last_day: by which a plan has ended at the latest.
    :param longest_count: the most installments that a new schedule has, as the product says.
    :param credit_marks: special events of the credit bureau, by method.
    :param settles_from_days: past due, from which on a loan may end for less than is owed; None: never.
    """

    limits: ReliefLimits
    clocks: PlanClocks
    losses: LossBand
    loss_given_default: Decimal
    rate_cap: Decimal
    last_day: date
    longest_count: int
    credit_marks: Mapping[ReliefMethod, str] = field(default_factory=dict)
    settles_from_days: int | None = None


@dataclass(frozen=True)
class Case:
    """
    One loan of somebody who may need relief, on one day.

    :param life: the loan as its events up to `on` left it; it is never changed.
    :param advances, payments: what the borrower received and paid so far, for the rate of the whole loan.
    :param reasons: in the borrower's words; empty: none was given.
    :param payday: the day of the month on which the income comes, where it no longer fits the due day.
    :param other_loans: that the borrower has here besides this one.
    :param lump_sum: that could be paid at once, such as with somebody's help; None: none was spoken of.
    :param original_rate: of the contract as it was first agreed; None: as it is now.
    :param is_blocked: the contract or the identity is in doubt, so that only a person decides.
    """

    life: Life
    on: date
    means: Means
    bounds: Bounds
    advances: Sequence[DatedAmount]
    payments: Sequence[DatedAmount]
    days_past_due: int = 0
    reasons: frozenset[Cause] = frozenset()
    payday: int | None = None
    past: Past = Past()
    other_loans: int = 0
    currency: str = "CNY"
    is_blocked: bool = False
    lump_sum: int | None = None
    original_rate: Decimal | None = None

    @cached_property
    def position(self) -> Position:
        position = self.life.credited(self.on)
        assert position is not None
        return position

    @property
    def contract(self) -> Contract:
        return self.life.contract

    @property
    def annual_rate(self) -> Decimal:
        """The rate in force."""
        return self.contract.annual_rate

    @property
    def value_rate(self) -> Decimal:
        """The rate before any relief, at which present values are taken."""
        return self.contract.annual_rate if self.original_rate is None else self.original_rate
