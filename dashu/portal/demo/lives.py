"""
How a loan is repaid: a life is a plan of acts with their days and amounts.

The plan is made with `dashu.finance` alone, before anything is written, so the amounts are those that the borrower
would be shown on the day. The services then do the acts, and must arrive at the same position.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dashu.finance import loan as finance
from dashu.finance.installments import Installment
from dashu.finance.loan import Contract, Position
from repayments.domain.standing import standing_of


class Life(StrEnum):
    PUNCTUAL = "punctual"
    HABITUALLY_LATE = "habitually_late"
    CURED = "cured"
    STOPPED = "stopped"
    SETTLED_EARLY = "settled_early"
    PREPAID = "prepaid"
    RETURNED = "returned"
    POSTED_LATE = "posted_late"
    HOLIDAY = "holiday"


class Deed(StrEnum):
    PAY = "pay"
    SETTLE = "settle"
    RETURN = "return"
    EXTEND = "extend"


@dataclass(frozen=True, slots=True)
class Act:
    """
    Something that happens on the day `on`.

    :param payment: running number, within the loan, of the payment that is made or returned; 0 for none.
    :param received_on: the payment's value date.
    :param months: how far a payment holiday moves the installments.
    """

    on: date
    deed: Deed
    payment: int = 0
    minor: int = 0
    received_on: date | None = None
    months: int = 0


def acts_of(
    life: Life,
    *,
    turn: int,
    contract: Contract,
    rows: Sequence[Installment],
    principal: int,
    until: date,
    chance: random.Random,
) -> list[Act]:
    """
    Return the acts of a loan up to and including the day `until`, in order.

    :param turn: the number of the installment at which the life takes its turn.
    """
    story = _Story(finance.opened(contract, rows, principal), contract, until, chance)
    _LIVES[life](story, turn)
    return story.acts


class _Story:
    """A loan while its life is thought out. Steps beyond the last day are refused by returning False."""

    def __init__(self, position: Position, contract: Contract, until: date, chance: random.Random) -> None:
        self.position = position
        self.contract = contract
        self.until = until
        self.chance = chance
        self.acts: list[Act] = []
        self._payments = 0

    @property
    def next_row(self) -> Installment | None:
        return next((row for row in self.position.installments if row.unpaid > 0), None)

    def pay(self, on: date, minor: int | None = None, *, posted_on: date | None = None) -> bool:
        """Pay what is due, else the next installment, else the amount given; all principal and penalty at most."""
        if (posted_on or on) > self.until:
            return False
        standing = standing_of(self.position, self.contract, on)
        minor = min(minor or standing.to_pay_next, standing.left_to_pay)
        self.position, _receipt = finance.receive(self.position, self.contract, minor, on)
        self._note(posted_on or on, Deed.PAY, minor=minor, received_on=on)
        return True

    def settle(self, on: date) -> bool:
        if on > self.until:
            return False
        minor = finance.payoff(self.position, self.contract, on)
        self.position, _receipt = finance.settle(self.position, self.contract, minor, on)
        self._note(on, Deed.SETTLE, minor=minor, received_on=on)
        return True

    def pay_and_have_it_returned(self, on: date, returned_on: date) -> bool:
        before = self.position
        if not self.pay(on) or returned_on > self.until:
            return False
        self.position = before
        self.acts.append(Act(returned_on, Deed.RETURN, payment=self._payments))
        return True

    def extend(self, on: date, months: int) -> bool:
        if on > self.until:
            return False
        self.position = finance.extend(self.position, self.contract, months, on)
        self.acts.append(Act(on, Deed.EXTEND, months=months))
        return True

    def live(self, *, before: int | None = None, delays: Sequence[int] = (0,)) -> bool:
        """Pay one installment after the other, each with a delay of some days; False when the last day has come."""
        while (row := self.next_row) and (before is None or row.number < before):
            if not self.pay(max(row.due_on + timedelta(days=self.chance.choice(delays)), self._latest)):
                return False
        return True

    @property
    def _latest(self) -> date:
        return self.acts[-1].on if self.acts else self.contract.starts_on

    def _note(self, on: date, deed: Deed, *, minor: int, received_on: date) -> None:
        self._payments += 1
        self.acts.append(Act(on, deed, payment=self._payments, minor=minor, received_on=received_on))


_IN_TIME = (0, 0, 0, 0, -1, -2)


def _punctual(story: _Story, _turn: int) -> None:
    story.live(delays=_IN_TIME)


def _habitually_late(story: _Story, _turn: int) -> None:
    story.live(delays=(1, 1, 2, 2, 3, 4, 5, 0))


def _cured(story: _Story, turn: int) -> None:
    """Fall behind once, for some weeks, come back and stay."""
    if story.live(before=turn, delays=_IN_TIME) and (row := story.next_row):
        back = row.due_on + timedelta(days=story.chance.choice((8, 12, 20, 33, 41, 64, 75)))
        if story.pay(back):
            story.live(delays=_IN_TIME)


def _stopped(story: _Story, turn: int) -> None:
    """Pay until the turn, then at most a part of what is due, once."""
    if story.live(before=turn, delays=(0, 0, 0, 2)) and (row := story.next_row) and story.chance.random() < 0.35:
        story.pay(row.due_on + timedelta(days=story.chance.randrange(10, 60)), row.unpaid // 3)


def _settled_early(story: _Story, turn: int) -> None:
    if story.live(before=turn, delays=_IN_TIME) and (row := story.next_row):
        story.settle(row.due_on - timedelta(days=story.chance.randrange(3, 20)))


def _prepaid(story: _Story, turn: int) -> None:
    """Pay three installments at once, and go on when the fourth is due."""
    if story.live(before=turn, delays=_IN_TIME) and (row := story.next_row):
        three = [each.unpaid for each in story.position.installments[row.number - 1 : row.number + 2]]
        if story.pay(row.due_on, sum(three)):
            story.live(delays=_IN_TIME)


def _returned(story: _Story, turn: int) -> None:
    if story.live(before=turn, delays=_IN_TIME) and (row := story.next_row):
        back = row.due_on + timedelta(days=story.chance.randrange(1, 4))
        if story.pay_and_have_it_returned(row.due_on, back) and story.pay(
            back + timedelta(days=story.chance.randrange(2, 8))
        ):
            story.live(delays=_IN_TIME)


def _posted_late(story: _Story, turn: int) -> None:
    """Pay in time by bank transfer, and have the money found a few days later."""
    if story.live(before=turn, delays=_IN_TIME) and (row := story.next_row):
        found_on = row.due_on + timedelta(days=story.chance.randrange(2, 6))
        if story.pay(row.due_on, posted_on=found_on):
            story.live(delays=_IN_TIME)


def _holiday(story: _Story, turn: int) -> None:
    if story.live(before=turn, delays=_IN_TIME) and (row := story.next_row):
        asked_on = row.due_on - timedelta(days=story.chance.randrange(2, 9))
        if story.extend(asked_on, story.chance.choice((1, 1, 2))):
            story.live(delays=_IN_TIME)


_LIVES: dict[Life, Callable[[_Story, int], None]] = {
    Life.PUNCTUAL: _punctual,
    Life.HABITUALLY_LATE: _habitually_late,
    Life.CURED: _cured,
    Life.STOPPED: _stopped,
    Life.SETTLED_EARLY: _settled_early,
    Life.PREPAID: _prepaid,
    Life.RETURNED: _returned,
    Life.POSTED_LATE: _posted_late,
    Life.HOLIDAY: _holiday,
}
