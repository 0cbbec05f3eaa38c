"""
A loan's whole life from its terms and its events, on plain values.

Events count from their value date `on`; those of one day in the order in which they were posted. A fee may be entered
before it is due: it counts from the earlier of the two days, ties in the order of entry. A reversal counts
from its own value date: before it the reversed event still counts, from it on the loan is as if that event had never
been. Everything else is `dashu.finance.loan`, the same steps as in the live book.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from dashu.finance.allocation import Surplus
from dashu.finance.arrears import Pause
from dashu.finance.changed_schedules import restructure
from dashu.finance.installments import Component, Installment
from dashu.finance.loan import (
    Contract,
    EventRefused,
    LoanClosed,
    Position,
    Receipt,
    SettlementTooSmall,
    Status,
    accrue,
    add_fee,
    apply_credit,
    charge_off,
    opened,
    receive,
    settle,
    waive,
)
from dashu.finance.prepayment import Keep, prepay, receive_in_advance
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import InvalidTerms, ScheduleTerms
from dashu.kernel.errors import DomainError, _


class EventType(StrEnum):
    DISBURSE = "disburse"
    PAYMENT = "payment"
    REVERSAL = "reversal"
    WAIVER = "waiver"
    FEE = "fee"
    PREPAY = "prepay"
    SETTLE = "settle"
    RESTRUCTURE = "restructure"
    PAUSE = "pause"
    RESUME = "resume"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"


MONEY = (EventType.PAYMENT, EventType.PREPAY, EventType.SETTLE, EventType.RECOVERY)
REVERSIBLE = (*MONEY, EventType.WAIVER, EventType.FEE)


class UnknownEvent(DomainError):
    """A reversal names an event that is not in the list, cannot be reversed, or was reversed before."""

    code = "unknown_event"


class DuplicateEvent(DomainError):
    """Two events carry the same id, or the loan is paid out twice."""

    code = "duplicate_event"


class DateOutsideContract(DomainError):
    """An event lies before the loan began."""

    code = "date_outside_contract"


@dataclass(frozen=True, slots=True)
class Event:
    """
    :param on: value date.
    :param posted_on: when it was written; only a fee may be written before `on`.
    :param amount: minor units; 0 for events that move no money.
    :param component: what a waiver gives up.
    :param reverses: id of the event that a reversal undoes.
    :param terms: the new terms of a restructuring.
    :param keep: what a prepayment leaves as it is.
    :param at: where the event stands in its document, for refusals.
    """

    type: EventType
    on: date
    posted_on: date
    amount: int = 0
    id: str = ""
    component: Component | None = None
    reverses: str = ""
    terms: ScheduleTerms | None = None
    keep: Keep = Keep.TERM
    at: str = ""

    @property
    def counts_from(self) -> date:
        return min(self.on, self.posted_on)


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """
    What a payment paid, as far as known at the end of the events.

    :param reversed_on: from this day on it does not count; None: it counts. The receipt is that of the time before.
    """

    event: Event
    receipt: Receipt
    reversed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The loan at the end of a day, not yet accrued through it; None before the loan was paid out."""

    as_of: date
    position: Position | None


@dataclass(frozen=True, slots=True)
class Replay:
    snapshots: tuple[Snapshot, ...]
    payments: tuple[PaymentResult, ...]


@dataclass
class _Life:
    """One run through the events. In a run with events left out, what no longer fits is put right, not refused."""

    contract: Contract
    terms: ScheduleTerms
    is_rerun: bool = False
    position: Position | None = None
    first_number: int = 1
    credit_from: date = date.min
    receipts: dict[int, Receipt] = field(default_factory=dict)


def positions_at(terms: ScheduleTerms, rules: Contract, events: Sequence[Event], as_of_dates: Sequence[date]) -> Replay:
    """
    Replay the events and return the loan at each of the dates, and what each payment paid.

    :param rules: the contract of these terms: waterfall, penalty, tolerance.
    :raises DomainError: an event does not fit; `field` is its place in the document.
    """
    order = sorted(range(len(events)), key=lambda index: _when(events[index], index))
    _refuse_twins(events)
    waiting = sorted(set(as_of_dates), reverse=True)
    found: dict[date, Position | None] = {}
    life = _Life(rules, terms)
    left_out: dict[int, date] = {}
    reversed_receipts: dict[int, Receipt] = {}
    for step, index in enumerate(order):
        while waiting and waiting[-1] < events[index].counts_from:
            found[waiting[-1]] = _credited(life, waiting[-1])
            waiting.pop()
        if events[index].type is EventType.REVERSAL:
            target = _target(events, order[:step], index, left_out)
            left_out[target] = events[index].on
            if target in life.receipts:
                reversed_receipts[target] = life.receipts[target]
            life = _rerun(rules, terms, events, order[:step], left_out)
            life.is_rerun = False
        else:
            _apply(life, events[index], index)
    for as_of in waiting:
        found[as_of] = _credited(life, as_of)
    receipts = life.receipts | reversed_receipts
    return Replay(
        snapshots=tuple(Snapshot(as_of, found[as_of]) for as_of in as_of_dates),
        payments=tuple(
            PaymentResult(events[index], receipts[index], left_out.get(index)) for index in order if index in receipts
        ),
    )


def _when(event: Event, index: int) -> tuple[date, bool, date, int]:
    return event.counts_from, event.type is not EventType.DISBURSE, event.posted_on, index


def _rerun(
    rules: Contract, terms: ScheduleTerms, events: Sequence[Event], order: Sequence[int], left_out: dict[int, date]
) -> _Life:
    life = _Life(rules, terms, is_rerun=True)
    for index in order:
        if index not in left_out and events[index].type is not EventType.REVERSAL:
            _apply(life, events[index], index)
    return life


def _target(events: Sequence[Event], before: Sequence[int], index: int, left_out: dict[int, date]) -> int:
    event = events[index]
    target = next((i for i in before if events[i].id == event.reverses and i != index), None)
    if target is None or target in left_out or events[target].type not in REVERSIBLE:
        raise UnknownEvent(
            _("There is no earlier event %(id)s that can still be reversed."),
            field=f"{event.at}.reverses",
            params={"id": event.reverses[:80]},
        )
    return target


def _refuse_twins(events: Sequence[Event]) -> None:
    seen: set[str] = set()
    for event in events:
        if event.id and event.id in seen:
            raise DuplicateEvent(
                _("Two events have the id %(id)s."), field=f"{event.at}.id", params={"id": event.id[:80]}
            )
        seen.add(event.id)


def _credited(life: _Life, on: date) -> Position | None:
    """Return the position of a day, after the borrower's credit was used for what fell due up to it."""
    position = life.position
    if position is None or life.contract.waterfall.surplus is not Surplus.UNAPPLIED:
        return position
    for due_on in sorted({row.due_on for row in position.installments if row.due_on <= on and row.unpaid}):
        if position.unapplied and position.status is Status.ACTIVE:
            position, _receipt = apply_credit(position, life.contract, max(due_on, life.credit_from))
    return position


def _apply(life: _Life, event: Event, index: int) -> None:
    life.position = _credited(life, event.counts_from)
    life.credit_from = event.counts_from
    try:
        if event.type is EventType.DISBURSE:
            _disburse(life, event)
        elif life.position is None:
            raise DateOutsideContract(_("The loan has not been paid out yet at this event."), field="on")
        elif event.type in MONEY:
            life.position, life.receipts[index] = _receive(life, life.position, event)
        else:
            life.position = _change(life, life.position, event)
    except (EventRefused, LoanClosed, SettlementTooSmall, InvalidTerms, DateOutsideContract, DuplicateEvent) as error:
        if error.field is None or not error.field.startswith(event.at):
            error.field = f"{event.at}.{error.field}" if error.field else event.at
        raise


def _disburse(life: _Life, event: Event) -> None:
    if life.position is not None:
        raise DuplicateEvent(_("The loan was paid out before."), field="type")
    if event.on != life.terms.disbursed_on:
        raise DateOutsideContract(
            _("The terms say that the loan is paid out on %(on)s."), field="on", params={"on": life.terms.disbursed_on}
        )
    if event.amount not in (0, life.terms.principal):
        raise EventRefused(_("The amount paid out is not the principal of the terms."), field="amount")
    rows = [
        Installment(row.number, row.due_on, row.principal, row.interest, row.fee) for row in build_schedule(life.terms)
    ]
    life.position = opened(life.contract, rows, life.terms.principal)


def _receive(life: _Life, position: Position, event: Event) -> tuple[Position, Receipt]:
    contract = life.contract
    if life.is_rerun and position.status is Status.SETTLED:
        # Without the reversed event the loan was settled before this money came: it is owed back to the borrower.
        credited = replace(position, unapplied=position.unapplied + event.amount, cash=position.cash + event.amount)
        return credited, Receipt((), fee=0, penalty=0, interest=0, principal=0, unapplied=event.amount)
    if event.type is EventType.RECOVERY and position.status is not Status.CHARGED_OFF:
        raise EventRefused(_("Only a loan that was written off has recoveries."), field="type")
    try:
        if event.type is EventType.SETTLE:
            return settle(position, contract, event.amount, event.on)
        if event.type is EventType.PREPAY:
            return prepay(
                position, contract, life.terms, event.amount, event.on, first_number=life.first_number, keep=event.keep
            )
    except (EventRefused, SettlementTooSmall):
        # Without the reversed event more is owed, so the money no longer settles or prepays: it is a payment.
        if not life.is_rerun:
            raise
    if contract.waterfall.surplus in (Surplus.REDUCE_AMOUNT, Surplus.REDUCE_TERM):
        return receive_in_advance(
            position, contract, life.terms, event.amount, event.on, first_number=life.first_number
        )
    return receive(position, contract, event.amount, event.on)


def _change(life: _Life, position: Position, event: Event) -> Position:
    contract, on = life.contract, event.on
    if event.type is EventType.WAIVER:
        assert event.component is not None
        return waive(position, contract, event.component, event.amount, on)
    if event.type is EventType.WRITE_OFF:
        return charge_off(position, contract, on)
    if event.type in (EventType.PAUSE, EventType.RESUME):
        return _pause_or_resume(accrue(position, contract, on - timedelta(days=1)), event)
    if event.type is EventType.FEE:
        if position.status is not Status.ACTIVE:
            raise EventRefused(_("Only a running loan is charged fees."), field="type")
        return add_fee(position, event.amount, event.counts_from)
    assert event.type is EventType.RESTRUCTURE
    assert event.terms is not None
    numbers = max(row.number for row in position.installments)
    try:
        changed = restructure(position, contract, event.terms, on)
    except InvalidTerms as error:
        error.field = f"terms.{error.field}"
        raise
    life.terms = replace(event.terms, principal=position.principal, disbursed_on=on)
    life.first_number = numbers + 1
    return changed


def _pause_or_resume(position: Position, event: Event) -> Position:
    running = next((pause for pause in position.pauses if pause.end is None), None)
    if event.type is EventType.PAUSE:
        if running:
            raise EventRefused(_("The count is paused already."), field="type")
        return replace(position, pauses=(*position.pauses, Pause(event.on)))
    if running is None:
        raise EventRefused(_("There is no pause to end."), field="type")
    kept = tuple(pause for pause in position.pauses if pause is not running)
    if running.start == event.on:
        return replace(position, pauses=kept)
    return replace(position, pauses=(*kept, Pause(running.start, event.on - timedelta(days=1))))
