"""
A statement of account: what a loan owed at the beginning of a period, everything that moved it, and at its end.

Every amount comes from the ledger. A `Movement` is what one journal entry did to one loan, account by account; here it
becomes a line that a borrower can read, without any fen getting lost: opening + charged − paid = closing for each
component, asserted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class Component(StrEnum):
    """
    What a loan owes, in the order of a statement. SET_APART is interest and penalty of a loan so long overdue that they
    are income only when they are paid; they stay owed. CLAIM is what is still claimed of a loan that was booked as a
    loss. CREDIT is what we hold for the borrower, so it counts against the rest.
    """

    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEE = "fee"
    PENALTY = "penalty"
    SET_APART = "set_apart"
    CLAIM = "claim"
    CREDIT = "credit"


class What(StrEnum):
    """What a line tells of."""

    PAYOUT = "PAYOUT"
    TAKEOVER = "TAKEOVER"
    DUE = "DUE"
    CHARGED = "CHARGED"
    PENALTY = "PENALTY"
    INTEREST_AND_PENALTY = "INTEREST_AND_PENALTY"
    SET_APART = "SET_APART"
    PAYMENT = "PAYMENT"
    PAYMENT_BOOKED_LATE = "PAYMENT_BOOKED_LATE"
    PAYMENT_RETURNED = "PAYMENT_RETURNED"
    CORRECTION = "CORRECTION"
    HOLIDAY = "HOLIDAY"
    CHARGE_OFF = "CHARGE_OFF"
    CLAIM_LOWERED = "CLAIM_LOWERED"
    OTHER = "OTHER"


Amounts = Mapping[Component, int]


@dataclass(frozen=True, slots=True)
class Movement:
    """
    One journal entry of one loan, minor units.

    :param balances: how each component changed, debits positive.
    :param earned: interest, fees and penalty that the entry charged; negative where it took some back.
    :param cash: received from the borrower, negative when paid to them.
    """

    on: date
    kind: str
    description: str
    balances: Amounts
    earned: Amounts
    cash: int


@dataclass(frozen=True, slots=True)
class Due:
    """An installment that falls due in the period; for reading, since demanding principal moves no account."""

    number: int
    on: date
    principal: int
    interest: int
    fee: int


@dataclass(frozen=True, slots=True)
class Holiday:
    on: date
    months: int


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line; amounts in minor units.

    :param to: last day of a penalty that is shown for a stretch of days.
    :param detail: what the words need: `reference`, `number`, `months`, `kind`, and the parts of an installment.
    :param charged, paid: by component; their difference is what the line did to the balance.
    :param received: money from the borrower, negative when paid to them.
    :param owed: in all after this line, less the credit.
    """

    on: date
    what: What
    charged: Amounts = field(default_factory=dict)
    paid: Amounts = field(default_factory=dict)
    received: int = 0
    to: date | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    owed: int = 0

    @property
    def charged_total(self) -> int:
        return sum(self.charged.values())

    @property
    def change(self) -> int:
        return self.charged_total - sum(self.paid.values())


@dataclass(frozen=True, slots=True)
class Statement:
    first: date
    last: date
    opening: Amounts
    closing: Amounts
    lines: tuple[Line, ...]

    @property
    def opening_owed(self) -> int:
        return sum(self.opening.values())

    @property
    def closing_owed(self) -> int:
        return sum(self.closing.values())

    def charged(self, component: Component) -> int:
        return sum(line.charged.get(component, 0) for line in self.lines)

    def paid(self, component: Component) -> int:
        return sum(line.paid.get(component, 0) for line in self.lines)

    @property
    def received(self) -> int:
        return sum(line.received for line in self.lines)


# What the entries of each kind are called; other kinds are named by the loan's event of that name.
_ENTRIES = {
    "DISBURSEMENT": What.PAYOUT,
    "OPENING": What.TAKEOVER,
    "PAYMENT": What.PAYMENT,
    "PROCEEDS": What.PAYMENT,
    "SETTLEMENT": What.PAYMENT,
    "CHARGE_OFF": What.CHARGE_OFF,
}
# What books the loss, ends the claim, or hands it to a buyer, whose price is not the borrower's money.
ENDINGS = ("CHARGE_OFF", "WRITE_OFF", "SALE")
# A change of the claim that no journal entry holds.
OFF_BOOKS = "OFF_BOOKS"
_REFERENCES = {"Payment ", "Returned ", "Payout "}
_DAILY = (What.PENALTY, What.INTEREST_AND_PENALTY)
_LENT = (What.PAYOUT, What.TAKEOVER, What.CHARGE_OFF)


def statement(
    *,
    first: date,
    last: date,
    opening: Amounts,
    closing: Amounts,
    movements: Sequence[Movement],
    dues: Iterable[Due] = (),
    holidays: Iterable[Holiday] = (),
) -> Statement:
    """
    Return the statement of a period, both days included.

    :param opening, closing: what the books say before the first and at the end of the last day.
    :param movements: in the order in which they count and were written.
    """
    waiting = sorted(dues, key=lambda due: due.number)
    lines: list[Line] = [Line(one.on, What.HOLIDAY, detail={"months": one.months}) for one in holidays]
    for movement in movements:
        lines += _accrual(movement, waiting) if _only_charges(movement) else [_entry(movement)]
    lines += [Line(due.on, What.DUE, detail=_due(due)) for due in waiting]
    lines = _with_penalty_by_month(sorted(lines, key=_order))
    shown = Statement(first, last, opening, closing, tuple(_with_balance(lines, sum(opening.values()))))
    for component in Component:
        moved = shown.charged(component) - shown.paid(component)
        assert opening.get(component, 0) + moved == closing.get(component, 0), f"{component} does not reconcile"
    return shown


def _order(line: Line) -> tuple[date, bool]:
    """Within a day what falls due stands first, and what was written later stands later: the sort is stable."""
    return line.on, line.what is not What.DUE


def _only_charges(movement: Movement) -> bool:
    """Whether days went by and nothing else: a close, or what an act found not yet closed before its own day."""
    if movement.kind == "ACCRUAL":
        return True
    is_plain = movement.cash == 0 and movement.balances == movement.earned != {}
    return is_plain and (min(movement.earned.values()) > 0 or movement.earned.get(Component.SET_APART, 0) > 0)


def _accrual(movement: Movement, waiting: list[Due]) -> list[Line]:
    """Part what a close charged: interest and fees of an installment, which waits no more, and the day's penalty."""
    on, earned = movement.on, movement.earned
    if earned.get(Component.SET_APART) and min(earned.values()) < 0:
        return [Line(on, What.SET_APART, charged=earned)]
    daily = Component.SET_APART if Component.SET_APART in earned else Component.PENALTY
    demanded = {part: minor for part, minor in earned.items() if part is not daily}
    due = next((due for due in waiting if due.on == on), None)
    if due and daily is Component.SET_APART:
        demanded, daily_minor = {**earned}, 0
    else:
        daily_minor = earned.get(daily, 0)
    lines = []
    if demanded:
        if due:
            waiting.remove(due)
        detail = _due(due) if due else {}
        lines.append(Line(on, What.DUE if due else What.CHARGED, charged=demanded, detail=detail))
    if daily_minor:
        what = What.PENALTY if daily is Component.PENALTY else What.INTEREST_AND_PENALTY
        lines.append(Line(on, what, charged={daily: daily_minor}, to=on))
    return lines


def _entry(movement: Movement) -> Line:
    what = _what(movement)
    charged, paid = dict(movement.earned), {}
    for component in Component:
        change = movement.balances.get(component, 0)
        if change > 0 and (what in _LENT or component is Component.CLAIM):
            charged[component] = charged.get(component, 0) + change
        elif settled := charged.get(component, 0) - change:
            paid[component] = settled
    detail: dict[str, Any] = {"kind": movement.kind, "description": movement.description}
    if reference := _reference(movement.description):
        detail["reference"] = reference
    return Line(movement.on, what, charged=charged, paid=paid, received=_received(movement, what), detail=detail)


def _what(movement: Movement) -> What:
    if movement.kind in ENDINGS and movement.description.startswith("Undo"):
        return What.CORRECTION
    if movement.kind == OFF_BOOKS:
        return What.CHARGED if movement.balances[Component.CLAIM] > 0 else What.CLAIM_LOWERED
    if movement.kind != "RESTATEMENT":
        return _ENTRIES.get(movement.kind, What.OTHER)
    if movement.cash > 0:
        return What.PAYMENT_BOOKED_LATE
    return What.PAYMENT_RETURNED if movement.cash < 0 else What.CORRECTION


def _received(movement: Movement, what: What) -> int:
    return 0 if what in _LENT or movement.kind in ENDINGS else movement.cash


def _reference(description: str) -> str:
    return next((description.removeprefix(start) for start in _REFERENCES if description.startswith(start)), "")


def _due(due: Due) -> dict[str, Any]:
    return {"number": due.number, "principal": due.principal, "interest": due.interest, "fee": due.fee}


def _with_penalty_by_month(lines: Iterable[Line]) -> list[Line]:
    """Put the penalty of following days into one line for a month, as long as nothing else happens between."""
    kept: list[Line] = []
    for line in lines:
        before = kept[-1] if kept else None
        if before and before.what is line.what and line.what in _DAILY and _month(before.on) == _month(line.on):
            [component] = line.charged
            total = before.charged_total + line.charged_total
            kept[-1] = Line(before.on, line.what, charged={component: total}, to=line.on)
        else:
            kept.append(line)
    return kept


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _with_balance(lines: Iterable[Line], owed: int) -> Iterable[Line]:
    for line in lines:
        owed += line.change
        yield Line(line.on, line.what, line.charged, line.paid, line.received, line.to, line.detail, owed)
