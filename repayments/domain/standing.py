"""
What a loan asks of its borrower on a day: what is overdue, what comes next, and the state of every installment.

The figures are those of a payment made on that day: penalty is counted through the day before, as a payment books it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dashu.finance.installments import Installment
from dashu.finance.loan import Contract, Position, Status, accrue, arrears, payoff
from dashu.finance.penalty import penalty_parts
from dashu.finance.rounding import Rounding, to_minor


class RowState(StrEnum):
    PAID = "PAID"
    OVERDUE = "OVERDUE"
    DUE_TODAY = "DUE_TODAY"
    NEXT = "NEXT"
    LATER = "LATER"


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One installment as its borrower sees it; `paid` and `unpaid` sum to `total` unless a part was waived."""

    number: int
    due_on: date
    principal: int
    interest: int
    fee: int
    total: int
    paid: int
    unpaid: int
    state: RowState


@dataclass(frozen=True, slots=True)
class Standing:
    """
    Amounts in minor units.

    :param overdue: demanded before the day and unpaid, without penalty.
    :param days_past_due: 0 when nothing counts as missed.
    :param penalty: charged and unpaid.
    :param penalty_a_day: what one more day of waiting adds, rounded half-up.
    :param due_today: demanded on the day itself and unpaid.
    :param next_due_on, next_due: the first unpaid installment on or after the day; None and 0 when there is none.
    :param rest: owed beyond the installments after the last of them was due: what late payments of a loan with daily
        interest left of its principal, with its interest.
    :param left_to_pay: all unpaid installments, penalty and rest, and never less than the payoff: the most that can be
        paid.
    """

    status: Status
    principal: int
    overdue_principal: int
    overdue_interest: int
    overdue_fee: int
    oldest_due_on: date | None
    days_past_due: int
    penalty: int
    penalty_a_day: int
    due_today: int
    next_due_on: date | None
    next_due: int
    rest: int
    left_to_pay: int
    rows: tuple[ScheduleRow, ...]

    @property
    def overdue(self) -> int:
        return self.overdue_principal + self.overdue_interest + self.overdue_fee

    @property
    def due_now(self) -> int:
        """What brings the loan up to date: everything demanded up to the day, with penalty."""
        return self.overdue + self.penalty + self.due_today + self.rest

    @property
    def to_pay_next(self) -> int:
        """What is due now or, when nothing is, the next installment; 0 when the loan is done."""
        return self.due_now or self.next_due

    @property
    def paid_rows(self) -> int:
        return sum(row.state is RowState.PAID for row in self.rows)


def standing_of(position: Position, contract: Contract, today: date) -> Standing:
    """Return the standing on `today` of a position that may lie some days back."""
    position = accrue(position, contract, today - timedelta(days=1))
    late = arrears(position, contract, today)
    penalty = position.penalty_due(contract)
    upcoming = [row for row in position.installments if row.due_on >= today and row.unpaid > 0]
    following = upcoming[0] if upcoming else None
    demanded = sum(row.unpaid for row in position.installments) + penalty
    owed = max(demanded, payoff(position, contract, today) if position.status is Status.ACTIVE else 0)
    return Standing(
        status=position.status,
        principal=position.principal,
        overdue_principal=late.principal,
        overdue_interest=late.interest,
        overdue_fee=late.fee,
        oldest_due_on=late.oldest_due_on,
        days_past_due=late.days_past_due,
        penalty=penalty,
        penalty_a_day=_penalty_of(position, contract, today),
        due_today=sum(row.unpaid for row in upcoming if row.due_on == today),
        next_due_on=following.due_on if following else None,
        next_due=following.unpaid if following else 0,
        rest=0 if upcoming else owed - demanded,
        left_to_pay=owed,
        rows=_rows(position.installments, today, following),
    )


def _penalty_of(position: Position, contract: Contract, day: date) -> int:
    if position.status is not Status.ACTIVE:
        return 0
    rule = contract.penalty
    parts = penalty_parts(position.installments, day - timedelta(days=1), day, rule, pauses=position.pauses)
    return to_minor(Decimal(parts) / rule.parts_per_minor, Rounding.HALF_UP)


def _rows(installments: Sequence[Installment], today: date, following: Installment | None) -> tuple[ScheduleRow, ...]:
    return tuple(
        ScheduleRow(
            number=row.number,
            due_on=row.due_on,
            principal=row.principal,
            interest=row.interest,
            fee=row.fee,
            total=row.total,
            paid=row.paid_principal + row.paid_interest + row.paid_fee,
            unpaid=row.unpaid,
            state=_state(row, today, following),
        )
        for row in installments
    )


def _state(row: Installment, today: date, following: Installment | None) -> RowState:
    if row.unpaid == 0:
        return RowState.PAID
    if row.due_on < today:
        return RowState.OVERDUE
    if row.due_on == today:
        return RowState.DUE_TODAY
    return RowState.NEXT if row is following else RowState.LATER
