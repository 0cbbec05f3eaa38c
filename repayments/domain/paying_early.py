"""
What paying more than is due changes: when the next installment comes, when the loan ends, and what it costs in all.

It is found out by paying: once what is due alone, once with the extra amount, and from then on what every due date
asks for, through the same arithmetic that books payments. So a contract whose interest is fixed by its schedule shows
that paying ahead saves nothing, and one that counts interest by days shows what it saves.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from dashu.finance.loan import Contract, EventRefused, InterestBasis, Position, Status, accrue, payoff, receive
from dashu.kernel.errors import _
from repayments.domain.standing import Standing, standing_of


@dataclass(frozen=True, slots=True)
class Course:
    """What is paid from a day on, when every due date is kept. Amounts in minor units."""

    payments: tuple[tuple[date, int], ...]

    @property
    def total(self) -> int:
        return sum(minor for _on, minor in self.payments)

    @property
    def ends_on(self) -> date | None:
        return self.payments[-1][0] if self.payments else None


@dataclass(frozen=True, slots=True)
class Early:
    """
    Amounts in minor units.

    :param due_now: what has to be paid first; `extra` goes beyond it, and `now` is both.
    :param whole: what ends the loan today; `is_whole` where the amount reaches it.
    :param after: where the loan stands once the amount is paid.
    :param agreed, course: what is paid from today on without and with the extra amount, today included.
    """

    due_now: int
    extra: int
    whole: int
    after: Standing
    agreed: Course
    course: Course

    @property
    def now(self) -> int:
        return self.due_now + self.extra

    @property
    def is_whole(self) -> bool:
        return self.now >= self.whole

    @property
    def saved(self) -> int:
        return self.agreed.total - self.course.total

    @property
    def saved_by_whole(self) -> int:
        return self.agreed.total - self.whole


def pay_early(position: Position, contract: Contract, extra: int, today: date) -> Early:
    """
    Return what paying `extra` beyond what is due does, if it is paid today; nothing is decided.

    :param extra: minor units, 0 or more.
    :raises EventRefused: the loan is not running.
    """
    if position.status is not Status.ACTIVE:
        raise EventRefused(_("Only a running loan can be prepaid."))
    due_now = standing_of(position, contract, today).due_now
    after = _after(position, contract, due_now + extra, today)
    return Early(
        due_now=due_now,
        extra=extra,
        whole=payoff(accrue(position, contract, today - timedelta(days=1)), contract, today),
        after=standing_of(after, contract, today),
        agreed=_course(position, contract, due_now, today),
        course=_course(position, contract, due_now + extra, today),
    )


def _after(position: Position, contract: Contract, amount: int, on: date) -> Position:
    return receive(position, contract, amount, on)[0] if amount else position


def _course(position: Position, contract: Contract, now: int, today: date) -> Course:
    """Pay `now` today, then on each due date what it asks for, and on the last one all that is left."""
    payments = [(today, now)] if now else []
    position = _after(position, contract, now, today)
    days = sorted({row.due_on for row in position.installments if row.unpaid and row.due_on > today})
    for on in days:
        if position.status is not Status.ACTIVE:
            break
        position = accrue(position, contract, on - timedelta(days=1))
        amount = sum(row.unpaid for row in position.installments if row.due_on <= on) + position.penalty_due(contract)
        if contract.interest_basis is InterestBasis.DAILY:
            owed = payoff(position, contract, on)
            amount = owed if on == days[-1] else min(amount, owed)
        if amount:
            position = _after(position, contract, amount, on)
            payments.append((on, amount))
    return Course(tuple(payments))
