"""
Random lives of a loan: whatever may happen to it, in any order, with the reference model beside it.

A machine that inherits these rules says what does the work: the engine alone, or the live services on the database.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from dashu.finance.allocation import Surplus, Waterfall
from dashu.finance.loan import Contract, InterestBasis, Position
from dashu.finance.penalty import PenaltyBase, PenaltyRule
from dashu.finance.periods import DueRule, Period
from dashu.finance.schedule import build_schedule, remaining_parts, remaining_parts_keeping
from dashu.finance.terms import InvalidTerms, Method, ScheduleTerms
from tests.unit.finance import reference
from tests.unit.finance.reference import PARTS, Happening, Rules, owed

STARTS_ON = date(2026, 1, 15)
MONEY = ("PAYMENT", "PREPAYMENT", "SETTLEMENT", "PROCEEDS", "RECOVERY")
REFUSALS = {
    "event_refused",
    "loan_not_payable",
    "settlement_too_small",
    "date_outside_contract",
    "cannot_be_undone",
    "returned_before_received",
    "invalid_terms",
}

# Mostly today or a few days back, now and then any day since the start.
days_back = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 400))
amounts = st.one_of(
    st.tuples(st.sampled_from(["due", "due and penalty", "one more", "everything", "too much"]), st.just(0)),
    st.tuples(st.just("fen"), st.integers(1, 450_000)),
)
rates = st.sampled_from(["0", "0.06", "0.1234", "0.24"])

all_terms = st.builds(
    ScheduleTerms,
    principal=st.integers(1_000_00, 12_000_00),
    annual_rate=st.just(Decimal("0.18")),
    method=st.sampled_from([Method.EQUAL_INSTALLMENT, Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL]),
    count=st.integers(3, 9),
    disbursed_on=st.sampled_from([STARTS_ON, date(2026, 1, 31)]),
)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """The rules of a loan that starts on any day and has any rate; both are those of its terms."""
    cap = draw(st.sampled_from(["0.24", None, "0.20"]))
    return Contract(
        starts_on=STARTS_ON,
        annual_rate=Decimal("0.18"),
        waterfall=Waterfall(surplus=draw(st.sampled_from([Surplus.NEXT_INSTALLMENT, *IN_ADVANCE]))),
        penalty=PenaltyRule(
            annual_rate=Decimal(draw(st.sampled_from(["0.24", "0.24", "0"]))),
            base=draw(st.sampled_from(PenaltyBase)),
            year_days=360,
            grace_days=draw(st.sampled_from([0, 0, 3])),
            all_in_cap=None if cap is None else Decimal(cap),
        ),
        interest_basis=draw(st.sampled_from([InterestBasis.SCHEDULED, InterestBasis.SCHEDULED, InterestBasis.DAILY])),
        tolerance_bps=draw(st.sampled_from([0, 0, 500])),
        non_accrual_days=draw(st.sampled_from([None, 30])),
    )


IN_ADVANCE = (
    Surplus.NEXT_INSTALLMENT,
    Surplus.LAST_INSTALLMENT,
    Surplus.REDUCE_AMOUNT,
    Surplus.REDUCE_TERM,
)


@dataclass(frozen=True)
class Computing:
    """The arithmetic of schedules, for the reference model."""

    terms: ScheduleTerms

    def rows(self, source: reference.Source) -> list[tuple[date, int, int, date]] | None:
        try:
            rows = build_schedule(self._of(source))
        except InvalidTerms:
            return None
        return [(row.due_on, row.principal, row.interest, row.period_from) for row in rows]

    def spread(
        self, source: reference.Source, done: int, balance: int, kept: list[tuple[int, int]] | None
    ) -> list[tuple[int, int]]:
        if kept is None:
            return remaining_parts(self._of(source), done, balance)
        return remaining_parts_keeping(self._of(source), done, balance, kept)

    def _of(self, source: reference.Source) -> ScheduleTerms:
        principal, rate, count, on, first_due_on, due_day = source
        return replace(
            self.terms,
            principal=principal,
            annual_rate=Decimal(rate.numerator) / rate.denominator,
            count=count,
            disbursed_on=on,
            due_rule=DueRule(Period.MONTH, first_due_on=first_due_on, due_day=due_day),
        )


def model_of(terms: ScheduleTerms, contract: Contract) -> reference.Loan:
    """Return the reference model of a loan that has these terms."""
    penalty, is_daily = contract.penalty, contract.interest_basis is InterestBasis.DAILY
    rules = Rules(
        starts_on=terms.disbursed_on,
        annual_rate=Fraction(terms.annual_rate),
        penalty_rate=Fraction(penalty.annual_rate),
        penalty_year_days=penalty.year_days,
        penalty_with_interest=penalty.base is PenaltyBase.PRINCIPAL_AND_INTEREST,
        grace_days=penalty.grace_days,
        cap=None if penalty.all_in_cap is None else Fraction(penalty.all_in_cap),
        tolerance_bps=contract.tolerance_bps,
        interest_year_days=contract.interest_year_days if is_daily else None,
        surplus=contract.waterfall.surplus.value,
        levels_principal=terms.method is Method.EQUAL_PRINCIPAL,
    )
    rows = [(row.due_on, row.principal, row.interest, row.fee) for row in build_schedule(terms)]
    source = (terms.principal, rules.annual_rate, terms.count, terms.disbursed_on, None, None)
    return reference.Loan(rules, rows, source, Computing(terms))


class AnyLife(RuleBasedStateMachine):
    """One loan whose terms are drawn and whatever may happen to it; `model` is the one that it is held against."""

    model: reference.Loan
    today: date
    is_closed_nightly: bool

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    # What a machine says

    def pay_out(self, terms: ScheduleTerms, contract: Contract) -> int:
        """Pay the loan out; return the id of that event."""
        raise NotImplementedError

    def perform(self, kind: str, on: date, amount: int, more: dict[str, Any], *, has_arrived: bool) -> int | None:
        """Let an event happen that is posted today; return its id, or None when it was refused and left no trace."""
        raise NotImplementedError

    def close_night(self, night: date) -> None:
        """Do what the system does at the end of a day."""
        raise NotImplementedError

    # Time

    @initialize(terms=all_terms, rules=contracts(), age=st.integers(0, 120), is_closed_nightly=st.booleans())
    def begin(self, terms: ScheduleTerms, rules: Contract, age: int, is_closed_nightly: bool) -> None:
        contract = replace(rules, starts_on=terms.disbursed_on, annual_rate=terms.annual_rate)
        # Nights before anything is due have nothing to close; from then on every night is closed, or none is.
        self.is_closed_nightly = is_closed_nightly
        self.today = terms.disbursed_on + timedelta(days=age % 28 if is_closed_nightly else age)
        self.model = model_of(terms, contract)
        self.happened(self.pay_out(terms, contract), "DISBURSED", terms.disbursed_on)

    @precondition(lambda self: not self.is_closed_nightly)
    @rule(days=st.integers(1, 45))
    def let_days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @precondition(lambda self: self.is_closed_nightly)
    @rule(days=st.integers(1, 20))
    def close_days(self, days: int) -> None:
        for _day in range(days):
            night = self.today
            self.today += timedelta(days=1)
            self.close_night(night)

    # Money

    @rule(back=days_back, amount=amounts, kind=st.sampled_from(["PAYMENT"] * 5 + ["PROCEEDS", "RECOVERY"]))
    def pay(self, back: int, amount: tuple[str, int], kind: str) -> None:
        on = self.day(back)
        self.act(kind, on, self.amount(amount, on))

    @rule(back=days_back, amount=amounts, number=st.integers(1, 12))
    def pay_a_chosen_installment(self, back: int, amount: tuple[str, int], number: int) -> None:
        on = self.day(back)
        self.act("PAYMENT", on, self.amount(amount, on), installment=number)

    @rule(back=days_back, more=st.sampled_from([0, 0, 0, -1, 1, 500_00]))
    def settle(self, back: int, more: int) -> None:
        on = self.day(back)
        self.act("SETTLEMENT", on, max(1, self.evening(on).payoff(on) + more))

    @rule(back=days_back, amount=amounts)
    def money_arrives_whatever_the_loan_says(self, back: int, amount: tuple[str, int]) -> None:
        on = self.day(back)
        self.act("PAYMENT", on, self.amount(amount, on), has_arrived=True)

    @rule(which=st.integers(0, 50), back=days_back)
    def return_a_payment(self, which: int, back: int) -> None:
        payments = [event for event in self.model.events if event.kind in MONEY and event.kind != "RECOVERY"]
        if payments:
            event = payments[which % len(payments)]
            self.reverse(event, self.day(back))

    @rule(back=days_back, amount=st.integers(1, 300_00), share=st.sampled_from([None, 1, 2]))
    def refund(self, back: int, amount: int, share: int | None) -> None:
        on = self.day(back)
        self.act("REFUND", on, amount if share is None else max(1, self.evening(on).credit // share))

    # Acts

    @rule(which=st.integers(0, 50))
    def undo(self, which: int) -> None:
        event = self.model.events[which % len(self.model.events)]
        self.reverse(event, event.on)

    @rule(
        back=days_back,
        component=st.sampled_from(["penalty", "interest", "fee", "principal"]),
        amount=st.integers(1, 200_00),
        takes_all=st.booleans(),
    )
    def waive(self, back: int, component: str, amount: int, takes_all: bool) -> None:
        on = self.day(back)
        if takes_all:
            amount = max(1, self.evening(on).owed_of(component))
        self.act("WAIVER", on, amount, component=component)

    @rule(back=days_back, amount=st.integers(1, 100_00))
    def fee(self, back: int, amount: int) -> None:
        self.act("FEE", self.day(back), amount)

    @rule(back=days_back, months=st.integers(0, 3))
    def extend(self, back: int, months: int) -> None:
        self.act("EXTENSION", self.day(back), months=months)

    @rule(back=days_back, count=st.integers(1, 12), rate=rates)
    def restructure(self, back: int, count: int, rate: str) -> None:
        self.act("RESTRUCTURE", self.day(back), count=count, annual_rate=Fraction(rate))

    @rule(back=days_back, rate=rates)
    def change_rate(self, back: int, rate: str) -> None:
        self.act("RATE_CHANGE", self.day(back), annual_rate=Fraction(rate))

    @rule(back=days_back, due_day=st.integers(1, 31))
    def change_due_day(self, back: int, due_day: int) -> None:
        self.act("DUE_DAY", self.day(back), due_day=due_day)

    @rule(back=days_back, fits=st.sampled_from([True, True, True, False]))
    def pause_or_resume(self, back: int, fits: bool) -> None:
        on = self.day(back)
        is_paused = any(end is None for _start, end in self.evening(on).pauses)
        self.act("RESUME" if is_paused == fits else "PAUSE", on)

    @precondition(lambda self: self.steps % 4 == 3)
    @rule(back=days_back)
    def charge_off(self, back: int) -> None:
        self.act("CHARGE_OFF", self.day(back))

    @precondition(lambda self: self.steps % 6 == 5)
    @rule(back=days_back, is_sale=st.booleans())
    def end_the_claim(self, back: int, is_sale: bool) -> None:
        if is_sale:
            self.act("SALE", self.day(back), 50_000)
        else:
            self.act("WRITE_OFF", self.day(back))

    # Doing it

    def act(self, kind: str, on: date, amount: int = 0, *, has_arrived: bool = False, **more: Any) -> None:
        event_id = self.perform(kind, on, amount, more, has_arrived=has_arrived)
        if event_id is not None:
            self.happened(event_id, kind, on, amount, **more)

    def reverse(self, event: Happening, on: date) -> None:
        self.act("REVERSAL", on, event=event.id)

    def happened(self, event_id: int, kind: str, on: date, amount: int = 0, /, **more: Any) -> None:
        note(f"{event_id}: {kind} on {on} amount {amount} {more}")
        self.model.events.append(Happening(event_id, kind, on, amount, more))

    def day(self, back: int) -> date:
        return max(self.model.rules.starts_on, self.today - timedelta(days=back))

    def evening(self, on: date) -> reference.State:
        """Return the loan after the day's events, before the day's penalty."""
        return self.model.on(on, charged_through=on - timedelta(days=1))

    def amount(self, drawn: tuple[str, int], on: date) -> int:
        name, fen = drawn
        if name == "fen":
            return fen
        state = self.evening(on)
        coming = [row["due"] for row in state.rows if row["due"] > on and any(owed(row, part) for part in PARTS)]
        found = {
            "due": state.due_by(on),
            "due and penalty": state.due_by(on) + state.penalty_due,
            "one more": state.due_by(min(coming, default=on)) + state.penalty_due,
            "everything": state.owed_in_all,
            "too much": state.owed_in_all + 123_45,
        }
        return max(1, found[name])


def figures_of_live(position: Position, contract: Contract) -> dict[str, Any]:
    is_daily = contract.interest_basis is InterestBasis.DAILY
    return {
        "status": position.status.value,
        "principal": position.principal,
        "interest": (position.interest_due(contract), position.interest_collected) if is_daily else (0, 0),
        "credit": position.unapplied,
        "refund due": position.refund_due,
        "penalty": (position.penalty_charged(contract), position.penalty_paid, position.penalty_waived),
        "rows": [
            (
                row.number, row.due_on,
                row.principal, row.interest, row.fee,
                row.paid_principal, row.paid_interest, row.paid_fee,
                row.waived_principal, row.waived_interest, row.waived_fee,
            )
            for row in position.installments
        ],
    }  # fmt: skip


def figures_of_model(state: reference.State) -> dict[str, Any]:
    return {
        "status": state.status,
        "principal": state.principal,
        "interest": (state.interest_due, state.interest_collected),
        "credit": state.credit,
        "refund due": state.refund_due,
        "penalty": (state.penalty_charged, state.penalty_paid, state.penalty_waived),
        "rows": [
            (
                row["number"], row["due"],
                row["principal"], row["interest"], row["fee"],
                row["paid"]["principal"], row["paid"]["interest"], row["paid"]["fee"],
                row["waived"]["principal"], row["waived"]["interest"], row["waived"]["fee"],
            )
            for row in state.rows
        ],
    }  # fmt: skip


def refuse_negative(figures: dict[str, Any]) -> None:
    """Refuse a negative amount anywhere, also in what is left of an installment."""
    amounts = [
        figures["principal"],
        *figures["interest"],
        figures["credit"],
        figures["refund due"],
        *figures["penalty"],
    ]
    for _number, _due, *parts in figures["rows"]:
        demanded, paid, waived = parts[:3], parts[3:6], parts[6:]
        amounts += parts
        amounts += [one - other - another for one, other, another in zip(demanded, paid, waived, strict=True)]
    assert min(amounts) >= 0, amounts


def explain_credit(model: reference.Loan, state: reference.State) -> None:
    """What came in, less what it paid and what went back, is the credit."""
    undone = {event.more["event"] for event in model.events if event.kind == "REVERSAL"}
    counted = [event for event in model.events if event.id not in undone]
    money = sum(event.amount for event in counted if event.kind in MONEY)
    paid = sum(sum(parts.values()) - parts["credit"] for parts in state.receipts.values())
    sent_back = sum(event.amount for event in counted if event.kind == "REFUND")
    assert money - paid - sent_back == state.credit - state.refund_due - state.refund_lost
