"""One run through a loan's events: what each of them does to the loan as the ones before left it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.allocation import Surplus
from dashu.finance.arrears import Pause
from dashu.finance.changed_schedules import reprice, restructure, spread_arrears
from dashu.finance.events import MONEY, OPENING, Event, EventType
from dashu.finance.installments import Installment
from dashu.finance.loan import (
    ENDED,
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
    extend,
    keep_as_credit,
    opened,
    paid_internally,
    receive,
    refund,
    run_interest,
    sell,
    settle,
    taken_over,
    waivable,
    waive,
    write_off,
)
from dashu.finance.prepayment import prepay, receive_in_advance
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import InvalidTerms, ScheduleTerms
from dashu.kernel.errors import DomainError, _


class DuplicateEvent(DomainError):
    """Two events carry the same id, or the loan is paid out twice."""

    code = "duplicate_event"


class DateOutsideContract(DomainError):
    """An event lies before the loan began."""

    code = "date_outside_contract"


@dataclass
class Life:
    """
    :param terms: what the schedule in force was computed from; None where no event asks for it.
    :param is_rerun: events were left out, so what no longer fits is put right and not refused, as for `is_booked`.
    :param first_number: of the first installment that `terms` computed.
    :param credit_from: the borrower's credit is not used for what fell due before this day.
    """

    contract: Contract
    terms: ScheduleTerms | None
    is_rerun: bool = False
    position: Position | None = None
    first_number: int = 1
    credit_from: date = date.min
    receipts: dict[int, Receipt] = field(default_factory=dict)

    def credited(self, on: date) -> Position | None:
        """Return the position of a day, after the borrower's credit was used for what fell due up to it."""
        position = self.position
        if position is None or self.contract.waterfall.surplus is not Surplus.UNAPPLIED or not position.unapplied:
            return position
        for due_on in sorted({row.due_on for row in position.installments if row.due_on <= on and row.unpaid}):
            if position.unapplied and position.status is Status.ACTIVE:
                position, _receipt = apply_credit(position, self.contract, max(due_on, self.credit_from))
        return position

    def apply(self, event: Event, index: int) -> None:
        """
        Live through one event.

        :raises DomainError: the event does not fit; `field` is its place in the document.
        """
        self.position = self.credited(event.counts_from)
        self.credit_from = event.counts_from
        try:
            if event.type in OPENING:
                self._open(event)
            elif self.position is None:
                raise DateOutsideContract(_("The loan has not been paid out yet at this event."), field="on")
            elif event.type in MONEY:
                self.position, self.receipts[index] = self._receive(self.position, event)
            else:
                self._change(self.position, event)
        except (
            EventRefused,
            LoanClosed,
            SettlementTooSmall,
            InvalidTerms,
            DateOutsideContract,
            DuplicateEvent,
        ) as error:
            if error.field is None or not error.field.startswith(event.at):
                error.field = f"{event.at}.{error.field}" if error.field and event.at else error.field or event.at
            raise

    @property
    def _known_terms(self) -> ScheduleTerms:
        assert self.terms is not None
        return self.terms

    def _is_lenient(self, event: Event) -> bool:
        return self.is_rerun or event.is_booked

    def _open(self, event: Event) -> None:
        if self.position is not None:
            raise DuplicateEvent(_("The loan was paid out before."), field="type")
        if event.on != self.contract.starts_on:
            raise DateOutsideContract(
                _("The terms say that the loan is paid out on %(on)s."),
                field="on",
                params={"on": self.contract.starts_on},
            )
        if event.type is EventType.TAKE_OVER:
            assert event.interest_through is not None
            self.position = taken_over(
                self.contract,
                event.rows,
                event.amount,
                interest_through=event.interest_through,
                penalty=event.penalty,
                credit=event.credit,
            )
            return
        rows = event.rows
        if not rows:
            if event.amount not in (0, self._known_terms.principal):
                raise EventRefused(_("The amount paid out is not the principal of the terms."), field="amount")
            rows = tuple(
                Installment(row.number, row.due_on, row.principal, row.interest, row.fee)
                for row in build_schedule(self._known_terms)
            )
        amount = event.amount or self._known_terms.principal
        self.position = opened(self.contract, rows, amount, is_internal=event.is_internal)

    def _receive(self, position: Position, event: Event) -> tuple[Position, Receipt]:
        position, receipt = self._take_in(position, event)
        return paid_internally(position, event.amount) if event.is_internal else position, receipt

    def _take_in(self, position: Position, event: Event) -> tuple[Position, Receipt]:
        contract, is_lenient = self.contract, self._is_lenient(event)
        if is_lenient and position.status in ENDED:
            # The claim had ended before this money came: it is owed back to the borrower.
            return keep_as_credit(position, event.amount)
        if event.type is EventType.RECOVERY and position.status is not Status.CHARGED_OFF and not is_lenient:
            raise EventRefused(_("Only a loan that was written off has recoveries."), field="type")
        try:
            if event.type is EventType.SETTLE:
                return settle(position, contract, event.amount, event.on, is_internal=event.is_internal)
            if event.type is EventType.PREPAY:
                return prepay(
                    position,
                    contract,
                    self._known_terms,
                    event.amount,
                    event.on,
                    first_number=self.first_number,
                    keep=event.keep,
                )
            if event.installment is not None:
                return receive(position, contract, event.amount, event.on, first=event.installment)
        except (EventRefused, LoanClosed, SettlementTooSmall):
            # What came before has changed, so the money no longer settles or prepays: it is a payment.
            if not is_lenient:
                raise
        if event.type is EventType.PROCEEDS:
            return receive(position, contract, event.amount, event.on, cures=False)
        if contract.waterfall.surplus in (Surplus.REDUCE_AMOUNT, Surplus.REDUCE_TERM):
            return receive_in_advance(
                position, contract, self._known_terms, event.amount, event.on, first_number=self.first_number
            )
        return receive(position, contract, event.amount, event.on)

    def _change(self, position: Position, event: Event) -> None:
        try:
            _CHANGES[event.type](self, position, event)
        except (EventRefused, LoanClosed, InvalidTerms):
            # What came before has changed, so there is nothing left that this could change.
            if not self._is_lenient(event):
                raise

    def _waive(self, position: Position, event: Event) -> None:
        assert event.component is not None
        amount = event.amount
        if self._is_lenient(event):
            amount = min(amount, waivable(position, self.contract, event.component, event.on))
        self.position = waive(position, self.contract, event.component, amount, event.on)

    def _fee(self, position: Position, event: Event) -> None:
        if position.status is not Status.ACTIVE:
            raise EventRefused(_("Only a running loan is charged fees."), field="type")
        position = accrue(position, self.contract, event.counts_from - timedelta(days=1))
        self.position = add_fee(position, event.amount, event.counts_from, rule=self.contract.penalty)

    def _refund(self, position: Position, event: Event) -> None:
        position = accrue(position, self.contract, event.on - timedelta(days=1))
        self.position = refund(position, event.amount, is_certain=not self._is_lenient(event))

    def _extend(self, position: Position, event: Event) -> None:
        if position.status is not Status.ACTIVE:
            raise EventRefused(_("Only a running loan can have a payment holiday."), field="type")
        self.position = extend(position, self.contract, event.months, event.on)

    def _restructure(self, position: Position, event: Event) -> None:
        assert event.terms is not None
        terms = event.terms
        if event.keeps_rate:
            terms = replace(terms, annual_rate=self._known_terms.rate_on(event.on))
        numbers = max(row.number for row in position.installments)
        try:
            changed = restructure(
                position, self.contract, terms, event.on, over=event.over, capitalizes=event.capitalizes
            )
        except InvalidTerms as error:
            error.field = f"terms.{error.field}"
            raise
        self.terms = replace(terms, principal=changed.principal, disbursed_on=event.on)
        self.first_number = numbers + 1
        self._hold(changed, terms.annual_rate, event.on)

    def _spread(self, position: Position, event: Event) -> None:
        self.position = spread_arrears(position, self.contract, event.on, over=event.over)

    def _reprice(self, position: Position, event: Event) -> None:
        changed, terms, first_number = reprice(
            position,
            self.contract,
            self._known_terms,
            event.on,
            first_number=self.first_number,
            annual_rate=event.annual_rate,
            due_day=event.due_day,
        )
        self.position, self.terms, self.first_number = changed, terms, first_number
        if event.annual_rate is not None:
            self._hold(changed, event.annual_rate, event.on)

    def _hold(self, position: Position, annual_rate: Decimal, on: date) -> None:
        """Let a rate hold from a day on; what was earned up to it keeps the rate under which it was earned."""
        self.position = run_interest(position, self.contract, on)
        self.contract = replace(self.contract, annual_rate=annual_rate)

    def _pause(self, position: Position, event: Event) -> None:
        position = accrue(position, self.contract, event.on - timedelta(days=1))
        if any(pause.end is None for pause in position.pauses):
            raise EventRefused(_("The count is paused already."), field="type")
        self.position = replace(position, pauses=(*position.pauses, Pause(event.on)))

    def _resume(self, position: Position, event: Event) -> None:
        position = accrue(position, self.contract, event.on - timedelta(days=1))
        running = next((pause for pause in position.pauses if pause.end is None), None)
        if running is None:
            raise EventRefused(_("There is no pause to end."), field="type")
        kept = tuple(pause for pause in position.pauses if pause is not running)
        if running.start != event.on:
            kept = (*kept, Pause(running.start, event.on - timedelta(days=1)))
        self.position = replace(position, pauses=kept)

    def _charge_off(self, position: Position, event: Event) -> None:
        self.position = charge_off(position, self.contract, event.on)

    def _write_off(self, position: Position, event: Event) -> None:
        self.position = write_off(position, self.contract, event.on)

    def _sell(self, position: Position, event: Event) -> None:
        self.position = sell(position, self.contract, event.amount, event.on)


_CHANGES: dict[EventType, Callable[[Life, Position, Event], None]] = {
    EventType.WAIVER: Life._waive,
    EventType.FEE: Life._fee,
    EventType.REFUND: Life._refund,
    EventType.EXTEND: Life._extend,
    EventType.RESTRUCTURE: Life._restructure,
    EventType.ARREARS_PLAN: Life._spread,
    EventType.RATE_CHANGE: Life._reprice,
    EventType.DUE_DAY: Life._reprice,
    EventType.PAUSE: Life._pause,
    EventType.RESUME: Life._resume,
    EventType.WRITE_OFF: Life._charge_off,
    EventType.CHARGE_OFF: Life._charge_off,
    EventType.END_CLAIM: Life._write_off,
    EventType.SALE: Life._sell,
}
