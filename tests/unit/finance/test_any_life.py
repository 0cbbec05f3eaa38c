"""
Thousands of random lives of a loan through the engine alone, held against the reference model after every step.

`Desk` books as the live services do: an event in order is one step from the stored position, a back-dated one lives
through everything anew and posts, day by day, what differs from the books.
"""

import os
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from dashu.finance.allocation import Direction, Surplus, Waterfall
from dashu.finance.bookkeeping import Books, daily_books, difference, growth
from dashu.finance.events import Event, EventType
from dashu.finance.installments import Component
from dashu.finance.life import Life
from dashu.finance.loan import (
    Book,
    Contract,
    InterestBasis,
    Position,
    accrue,
    accrue_interest,
    arrears,
    books_of,
    effective_days_past_due,
)
from dashu.finance.penalty import PenaltyRule
from dashu.finance.periods import DueRule, Period
from dashu.finance.prepayment import Keep
from dashu.finance.replay import History, live_through
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.errors import DomainError
from tests.unit.finance import reference
from tests.unit.finance.lives import (
    REFUSALS,
    AnyLife,
    amounts,
    days_back,
    explain_credit,
    figures_of_live,
    figures_of_model,
    refuse_negative,
)
from tests.unit.finance.reference import PARTS

LIVES = int(os.environ.get("DASHU_MODEL_LIVES", "2000"))
STEPS = 10
DAY = timedelta(days=1)

TYPES = {
    "PREPAYMENT": EventType.PREPAY,
    "SETTLEMENT": EventType.SETTLE,
    "EXTENSION": EventType.EXTEND,
    "WRITE_OFF": EventType.END_CLAIM,
}


@dataclass
class Desk:
    """
    One loan with its stored position and its ledger, in memory.

    :param held: what the entries of each day add to the books.
    """

    terms: ScheduleTerms
    rules: Contract
    life: Life = field(init=False)
    events: list[Event] = field(default_factory=list)
    held: dict[date, Books] = field(default_factory=dict)
    latest_on: date = date.min

    def __post_init__(self) -> None:
        opening = Event(EventType.DISBURSE, self.rules.starts_on, self.rules.starts_on, id="1")
        self.life = Life(self.rules, self.terms)
        self.life.apply(opening, 0)
        self._booked(opening)
        self._post(self.rules.starts_on, books_of(self.position, self.contract))

    @property
    def position(self) -> Position:
        assert self.life.position is not None
        return self.life.position

    @property
    def contract(self) -> Contract:
        return self.life.contract

    def book(self, event: Event) -> None:
        """
        Book one more event.

        :raises DomainError: it does not fit; nothing has changed.
        """
        is_booked_past = event.on <= self.position.accrued_through or event.on < self.latest_on
        if is_booked_past or event.type is EventType.REVERSAL:
            self._restate(event)
        else:
            self._step(event)
        self._booked(replace(event, is_booked=True))

    def close(self, night: date) -> None:
        for on, change in growth(self.position, self.contract, self.position.accrued_through + DAY, night):
            self._post(on, change)
        self.life.position = accrue(self.position, self.contract, night)

    def replayed(self) -> History:
        return live_through(self.terms, self.rules, self.events)

    def _step(self, event: Event) -> None:
        before, contract, evening_before = self.position, self.contract, event.on - DAY
        life = replace(self.life, receipts={})
        life.apply(event, 0)
        for on, change in growth(before, contract, before.accrued_through + DAY, evening_before):
            self._post(on, change)
        self.life = life
        evening = books_of(accrue(before, contract, evening_before), contract)
        self._post(event.on, difference(evening, books_of(self.position, self.contract)))

    def _restate(self, event: Event) -> None:
        history = live_through(self.terms, self.rules, [*self.events, event])
        through = max(self.position.accrued_through, history.position.accrued_through, event.on - DAY)
        wanted = daily_books(history.steps, through)
        for on in wanted.keys() | self.held.keys():
            self._post(on, difference(self.held.get(on, {}), wanted.get(on, {})))
        self.life = Life(
            history.contract,
            history.terms,
            position=accrue(history.position, history.contract, through),
            first_number=history.first_number,
        )

    def _booked(self, event: Event) -> None:
        self.events.append(event)
        self.latest_on = max(self.latest_on, event.on)

    def _post(self, on: date, change: Books) -> None:
        assert sum(change.values()) == 0, change
        day = self.held.setdefault(on, {})
        for book, minor in change.items():
            day[book] = day.get(book, 0) + minor


class LifeInMemory(AnyLife):
    desk: Desk
    history: History
    booked: tuple[int, date] | None = None
    seen_on: date | None = None

    @rule(back=days_back, amount=amounts, keep=st.sampled_from(Keep))
    def prepay(self, back: int, amount: tuple[str, int], keep: Keep) -> None:
        on = self.day(back)
        self.act("PREPAYMENT", on, self.amount(amount, on), keep=keep.value)

    def pay_out(self, terms: ScheduleTerms, contract: Contract) -> int:
        self.desk = Desk(terms, contract)
        return 1

    def perform(self, kind: str, on: date, amount: int, more: dict[str, Any], *, has_arrived: bool) -> int | None:
        event_id = len(self.desk.events) + 1
        given = {
            "installment": lambda number: {"installment": number},
            "keep": lambda keep: {"keep": Keep(keep)},
            "component": lambda component: {"component": Component(component)},
            "months": lambda months: {"months": months},
            "due_day": lambda day: {"due_day": day},
            "event": lambda event: {"reverses": str(event)},
            "annual_rate": lambda rate: {"annual_rate": Decimal(rate.numerator) / rate.denominator},
        }
        fields: dict[str, Any] = {}
        for name, value in more.items():
            fields |= given[name](value) if name in given else {}
        if kind == "RESTRUCTURE":
            fields = {
                "terms": replace(
                    self.desk.terms,
                    annual_rate=fields["annual_rate"],
                    count=more["count"],
                    disbursed_on=on,
                    due_rule=DueRule(Period.MONTH),
                )
            }
        type_ = TYPES.get(kind) or EventType(kind.lower())
        try:
            self.desk.book(Event(type_, on, on, amount, str(event_id), is_booked=has_arrived, **fields))
            return event_id
        except DomainError as error:
            refusal = error
        note(f"refused: {refusal.code} {refusal}")
        assert refusal.code in REFUSALS | {"unknown_event"}
        return None

    def close_night(self, night: date) -> None:
        self.desk.close(night)

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        if not hasattr(self, "desk"):
            return
        self.steps += 1
        booked = (len(self.desk.events), self.desk.position.accrued_through)
        if booked != self.booked:
            self.history = self.desk.replayed()
            self._replay_from_scratch_is_the_live_state(self.history)
        if (booked, self.today) != (self.booked, self.seen_on):  # else the step was refused and changed nothing
            self._days_agree(self.history)
        self.booked, self.seen_on = booked, self.today

    def _replay_from_scratch_is_the_live_state(self, history: History) -> None:
        position, contract = self.desk.position, self.desk.contract
        through = position.accrued_through
        assert contract == history.contract
        assert position == accrue(history.position, history.contract, through)
        assert (self.desk.life.terms, self.desk.life.first_number) == (history.terms, history.first_number)
        held = {on: {book: minor for book, minor in books.items() if minor} for on, books in self.desk.held.items()}
        assert {on: books for on, books in held.items() if books} == daily_books(history.steps, through)
        postings: dict[Book, int] = dict.fromkeys(Book, 0)
        for books in held.values():
            for book, minor in books.items():
                postings[book] += minor
        assert sum(postings.values()) == 0
        assert postings == books_of(position, contract)

    def _days_agree(self, history: History) -> None:
        lived = (self.today - self.model.rules.starts_on).days + 1
        past = self.model.rules.starts_on + timedelta(days=self.steps * 37 % lived)
        last = max(self.today, max(event.on for event in self.model.events))
        for day, state in self.model.by_day(last):
            if day in (past, self.today):
                self._agrees(history, state, day)
            if day == last:
                explain_credit(self.model, state)
                self._receipts_agree(history, state)

    def _agrees(self, history: History, state: reference.State, day: date) -> None:
        step = next(step for step in reversed(history.steps) if step.on <= day)
        contract, position = step.contract, accrue(step.position, step.contract, day)
        if contract.interest_basis is InterestBasis.DAILY and state.status == "ACTIVE":
            position = accrue_interest(position, contract, day)
        figures = figures_of_live(position, contract)
        assert figures == figures_of_model(state)
        refuse_negative(figures)
        assert arrears(position, contract, day).days_past_due == state.days_past_due(day)
        assert effective_days_past_due(position, contract, day) == state.effective_days_past_due(day)
        if state.status in ("ACTIVE", "SETTLED") and contract.interest_basis is InterestBasis.SCHEDULED:
            assert state.principal == sum(row.unpaid_principal for row in position.installments)

    def _receipts_agree(self, history: History, state: reference.State) -> None:
        found = {
            int(self.desk.events[index].id): {part: getattr(receipt, part) for part in (*PARTS, "penalty")}
            | {"credit": receipt.unapplied}
            for index, receipt in history.receipts.items()
        }
        nothing = dict.fromkeys((*PARTS, "penalty", "credit"), 0)
        assert found == {event: nothing | parts for event, parts in state.receipts.items()}


class TestAnyLifeOfALoan:
    def test_is_what_the_reference_model_says(self):
        run_state_machine_as_test(
            LifeInMemory,
            settings=settings(
                max_examples=LIVES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=(Phase.generate, Phase.shrink),
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )


def test_what_is_carried_into_new_terms_is_asked_with_the_first_row_that_asks_for_anything(monkeypatch):
    """A life that was found by chance: a settlement leaves one fen, and of its three new rows only the last asks."""
    for module in ("lives", "test_any_life"):
        monkeypatch.setattr(f"tests.unit.finance.{module}.note", lambda _said: None)
    start = date(2026, 1, 15)
    state = LifeInMemory()
    state.begin(
        terms=ScheduleTerms(
            principal=1_000_00,
            annual_rate=Decimal("0.18"),
            method=Method.EQUAL_INSTALLMENT,
            count=3,
            disbursed_on=start,
        ),
        rules=Contract(
            start,
            annual_rate=Decimal("0.18"),
            waterfall=Waterfall(
                (Component.FEE, Component.INTEREST, Component.PRINCIPAL, Component.PENALTY),
                Direction.BY_INSTALLMENT,
                Surplus.REDUCE_AMOUNT,
            ),
            penalty=PenaltyRule(Decimal("0.24"), all_in_cap=Decimal("0.24")),
            interest_basis=InterestBasis.DAILY,
            interest_year_days=365,
        ),
        age=0,
        is_closed_nightly=False,
    )
    state.let_days_pass(days=2)
    state.pay(amount=("due", 0), back=1, kind="PAYMENT")
    state.return_a_payment(back=0, which=0)
    state.settle(back=1, more=0)
    state.restructure(back=0, count=3, rate="0")

    state.the_books_agree_with_the_model()

    assert [row.total for row in state.desk.position.installments[-3:]] == [0, 0, 98]
