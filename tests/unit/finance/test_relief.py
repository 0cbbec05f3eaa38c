"""Every method of relief over random loans: nothing is lost, the schedule sums, and the preview is the replay."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy_financial
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dashu.finance.accrued import accrued_interest
from dashu.finance.allocation import Surplus, Waterfall
from dashu.finance.events import Event, EventType
from dashu.finance.installments import Component
from dashu.finance.life import Life
from dashu.finance.loan import (
    Book,
    Contract,
    EventRefused,
    InterestBasis,
    Status,
    arrears,
    books_of,
    payoff,
    unpaid_earned,
)
from dashu.finance.periods import DueRule, Period
from dashu.finance.relief import (
    Act,
    Relief,
    ReliefMethod,
    acts_of,
    life_after,
    life_at_end,
    present_value,
    relieved,
    standing,
)
from dashu.finance.replay import live_through
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import InvalidTerms, Method, NegativeAmortization, ScheduleTerms
from dashu.kernel.documents import Document
from repayments.domain.new_terms import read_new_terms
from tests.unit.finance.lives import all_terms, contracts

PER_MILLE = 1000
START = date(2026, 1, 15)
TERMS = ScheduleTerms(
    principal=12_000_00,
    annual_rate=Decimal("0.18"),
    method=Method.EQUAL_INSTALLMENT,
    count=12,
    disbursed_on=date(2026, 1, 15),
)
CONTRACT = Contract(date(2026, 1, 15), Decimal("0.18"))
ON = date(2026, 4, 1)
NEW_TERMS = tuple(
    method
    for method in ReliefMethod
    if method
    not in (ReliefMethod.ARREARS_PLAN, ReliefMethod.SETTLEMENT, ReliefMethod.CONSOLIDATION, ReliefMethod.DUE_DATE)
)
RELIEVING = tuple(method for method in ReliefMethod if method is not ReliefMethod.CONSOLIDATION)


def event(kind: EventType, on: date, amount: int = 0, **more: Any) -> Event:
    return Event(kind, on, on, amount, **more)


def lived(terms: ScheduleTerms, contract: Contract, *events: Event) -> Life:
    opening = event(EventType.DISBURSE, terms.disbursed_on)
    return life_at_end(live_through(terms, contract, [opening, *(replace(one, is_booked=True) for one in events)]))


@st.composite
def lives(draw: st.DrawFn) -> tuple[ScheduleTerms, Contract, list[Event], date]:
    """A loan with payments, fees and earlier relief on random days, and the day of a relief."""
    terms = draw(all_terms)
    contract = replace(draw(contracts()), starts_on=terms.disbursed_on, annual_rate=terms.annual_rate)
    days = sorted(draw(st.lists(st.integers(0, 330), max_size=5)))
    events = []
    for day in days:
        on = terms.disbursed_on + timedelta(days=day)
        kind = draw(st.sampled_from([EventType.PAYMENT] * 4 + [EventType.FEE, EventType.ARREARS_PLAN]))
        amount = 0 if kind is EventType.ARREARS_PLAN else draw(st.integers(1, 200_000 if kind != "fee" else 5_000))
        events.append(event(kind, on, amount))
    last = max([terms.disbursed_on, *(one.on for one in events)])
    return terms, contract, events, last + timedelta(days=draw(st.integers(0, 90)))


@st.composite
def reliefs(draw: st.DrawFn, method: ReliefMethod) -> Relief:
    return Relief(
        method,
        count=draw(st.none() | st.integers(1, 24)) if method is not ReliefMethod.TERM_EXTENSION else 30,
        months=draw(st.integers(1, 4)),
        interest=draw(st.sampled_from(["parked", "paid"])),
        step=Decimal(draw(st.integers(1, 500))) / PER_MILLE,
        annual_rate=Decimal("0.06") if method is ReliefMethod.RATE_CUT else None,
        arrears_over=draw(st.none() | st.integers(1, 6)),
        due_day=draw(st.integers(1, 31)) if method is ReliefMethod.DUE_DATE else None,
    )


def waived_of(life: Life, on: date, draw_share: int) -> dict[Component, int]:
    """Return a share of everything that can be given up, and all of the penalty."""
    position = standing(life, on)
    interest = sum(row.unpaid_interest for row in position.installments if row.due_on <= on)
    found = {Component.PENALTY: position.penalty_due(life.contract), Component.INTEREST: interest * draw_share // 100}
    return {component: minor for component, minor in found.items() if minor}


def as_replayed(acts: tuple[Act, ...], terms: ScheduleTerms, on: date) -> list[Event]:
    """Return the events as they come out of the plain JSON that a booking keeps."""
    found = []
    for act in acts:
        more: dict[str, Any] = {}
        if act.kind is EventType.RESTRUCTURE:
            given = Document(act.data["terms"], path="terms")
            more = {
                "terms": read_new_terms(given, terms, on, "CNY"),
                "keeps_rate": not given.has("annual_rate"),
                "over": act.data["over"],
                "capitalizes": act.data.get("capitalizes", False),
            }
        elif act.kind is EventType.WAIVER:
            more = {"component": Component(act.data["component"])}
        else:
            more = dict(act.data)
        found.append(Event(act.kind, on, on, act.amount, **more))
    return found


class TestEveryMethod:
    @pytest.mark.parametrize("method", RELIEVING)
    @settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_loses_nothing_and_is_what_a_replay_says(self, method, data):
        terms, contract, events, on = data.draw(lives())
        relief = data.draw(reliefs(method))
        life = lived(terms, contract, *events)
        before = standing(life, on)
        assume(before.status is Status.ACTIVE)
        waived = (
            waived_of(life, on, data.draw(st.integers(0, 100)))
            if method in (ReliefMethod.PARTIAL_WAIVER, ReliefMethod.SETTLEMENT)
            else {}
        )
        relief = replace(relief, waived=waived)

        try:
            acts = acts_of(relief, life, on)
            after = relieved(life, relief, on)
        except (EventRefused, InvalidTerms):
            assume(False)
        contract_after = life_after(life, acts).contract

        opening = event(EventType.DISBURSE, terms.disbursed_on)
        booked = [replace(one, is_booked=True) for one in events]
        replayed = life_at_end(live_through(terms, contract, [opening, *booked, *as_replayed(acts, terms, on)]))
        assert standing(replayed, on) == after
        assert (replayed.terms, replayed.contract, replayed.first_number) == (
            life_after(life, acts).terms,
            contract_after,
            life_after(life, acts).first_number,
        )
        assert sum(books_of(after, contract_after).values()) == 0
        if method is ReliefMethod.SETTLEMENT:
            assert after.status is Status.SETTLED
            return
        if contract.interest_basis is InterestBasis.SCHEDULED:
            assert payoff(after, contract_after, on) == payoff(before, contract, on) - sum(waived.values())
            assert after.principal == sum(row.unpaid_principal for row in after.installments)
        assert min(row.unpaid for row in after.installments) >= 0
        assert min(row.unpaid_interest for row in after.installments) >= 0
        if method is not ReliefMethod.DUE_DATE:
            assert arrears(after, contract_after, on).days_past_due == 0
            assert after.penalty_due(contract_after) == 0
            assert not [row for row in after.installments if row.due_on <= on and row.unpaid]

    def test_what_was_paid_in_advance_does_not_pay_for_arrears_that_are_spread(self):
        contract = replace(CONTRACT, waterfall=Waterfall(surplus=Surplus.LAST_INSTALLMENT))
        life = lived(TERMS, contract, event(EventType.PAYMENT, date(2026, 1, 20), 500_00))
        before = standing(life, ON)
        assert before.installments[-1].paid_interest == before.installments[-1].interest > 0

        after = relieved(life, Relief(ReliefMethod.ARREARS_PLAN), ON)

        for on in (ON + timedelta(days=days) for days in range(14)):  # the next installment is due on 15 April
            assert payoff(after, contract, on) == payoff(before, contract, on)
        assert sum(row.unpaid for row in after.installments) == sum(row.unpaid for row in before.installments)

    @pytest.mark.parametrize("method", NEW_TERMS)
    @settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_spreads_the_whole_principal_over_as_many_installments_as_asked(self, method, data):
        terms, contract, events, on = data.draw(lives())
        relief = data.draw(reliefs(method))
        life = lived(terms, contract, *events)
        before = standing(life, on)
        assume(before.status is Status.ACTIVE)

        try:
            acts = acts_of(relief, life, on)
            after = relieved(life, relief, on)
        except (EventRefused, InvalidTerms):
            assume(False)

        first = life_after(life, acts).first_number
        new = [row for row in after.installments if row.number >= first]
        to_come = [row for row in before.installments if row.due_on > on and row.unpaid]
        asked = relief.count or len(to_come)
        if method is ReliefMethod.REAMORTIZATION:
            asked = len(to_come)
        if method is ReliefMethod.PAYMENT_HOLIDAY:
            asked += relief.months
        added = after.principal - before.principal
        unpaid = sum(unpaid_earned(before, contract, on))
        assert len(new) == asked
        assert sum(row.principal for row in new) == after.principal
        if contract.interest_basis is InterestBasis.SCHEDULED:
            assert added == (unpaid if method is ReliefMethod.CAPITALIZATION else 0)
        if to_come and relief.count is None:
            moved = relief.months if method is ReliefMethod.PAYMENT_HOLIDAY else 0
            last = to_come[-1].due_on
            assert new[-1].due_on.year * 12 + new[-1].due_on.month == last.year * 12 + last.month + moved


class TestWhoeverPaysAsAgreedAfterwards:
    @pytest.mark.parametrize("method", [method for method in RELIEVING if method is not ReliefMethod.SETTLEMENT])
    @settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_is_never_late_and_owes_nothing_at_the_end(self, method, data):
        terms, contract, events, on = data.draw(lives())
        contract = replace(contract, interest_basis=InterestBasis.SCHEDULED)
        relief = data.draw(reliefs(method))
        life = lived(terms, contract, *events)
        before = standing(life, on)
        assume(before.status is Status.ACTIVE)
        if method is ReliefMethod.DUE_DATE:  # what is due stays due unless it is spread
            assume(relief.arrears_over and not before.penalty_due(contract))
        try:
            life = life_after(life, acts_of(relief, life, on))
        except (EventRefused, InvalidTerms):
            assume(False)
        assert life.position is not None
        agreed = {row.due_on for row in life.position.installments if row.unpaid}

        for index, due_on in enumerate(sorted(agreed)):
            position = standing(life, due_on)
            asked = sum(row.unpaid for row in position.installments if row.due_on <= due_on)
            if asked:
                life.apply(event(EventType.PAYMENT, due_on, asked), 100 + index)
                assert life.position is not None
                assert arrears(life.position, life.contract, due_on).days_past_due == 0

        assert life.position.status is Status.SETTLED
        assert life.position.penalty_due(life.contract) == 0
        books = books_of(life.position, life.contract)
        assert [books[book] for book in (Book.PRINCIPAL, Book.INTEREST_RECEIVABLE, Book.FEE_RECEIVABLE)] == [0, 0, 0]

    @pytest.mark.parametrize("method", [method for method in RELIEVING if method is not ReliefMethod.SETTLEMENT])
    @settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_owes_no_less_with_each_day_and_can_settle_on_any(self, method, data):
        terms, contract, events, on = data.draw(lives())
        relief = data.draw(reliefs(method))
        life = lived(terms, contract, *events)
        assume(standing(life, on).status is Status.ACTIVE)
        try:
            life = life_after(life, acts_of(relief, life, on))
        except (EventRefused, InvalidTerms):
            assume(False)
        days = [on + timedelta(days=days) for days in range(0, 150, 7)]
        owed = [payoff(standing(life, day), life.contract, day) for day in days]
        day = data.draw(st.sampled_from(days))
        amount = payoff(standing(life, day), life.contract, day)

        if amount:
            life.apply(event(EventType.SETTLE, day, amount), 7)

        # A fee that falls due adds to it, nothing takes from it; a fen of the rounding of days may.
        assert all(later >= earlier - 1 for earlier, later in pairwise(owed))
        assert amount == 0 or standing(life, day).status is Status.SETTLED


class TestPaymentHoliday:
    def test_parks_simple_interest_and_asks_for_it_afterwards_in_level_shares(self):
        life = lived(
            TERMS, CONTRACT, *(event(EventType.PAYMENT, on, 1_100_16) for on in (date(2026, 2, 15), date(2026, 3, 15)))
        )
        on = date(2026, 3, 15)

        after = relieved(life, Relief(ReliefMethod.PAYMENT_HOLIDAY, months=3), on)

        principal = after.principal
        new = [row for row in after.installments if row.unpaid or row.is_parking]
        month = Fraction(principal) * Fraction(18, 1200)
        assert [row.total for row in new[:3]] == [0, 0, 0]
        assert sum(row.earned_interest for row in new[:3]) == 3 * round(month)
        assert sum(row.earned_interest for row in new[3:]) == 3 * round(month)
        assert new[-1].due_on == date(2027, 4, 15)
        assert len(new) == 13

    def test_owes_for_each_day_of_the_holiday_what_that_day_has_earned(self):
        life = lived(TERMS, CONTRACT)
        on = date(2026, 1, 15)
        after = relieved(life, Relief(ReliefMethod.PAYMENT_HOLIDAY, months=3), on)

        owed = [payoff(after, CONTRACT, on + timedelta(days=days)) - after.principal for days in range(91)]

        # 1.5% of 12,000 yuan a month: 180 by each due date, and by days between.
        assert owed[0] == 0
        assert owed[(date(2026, 2, 15) - on).days] == 180_00
        assert owed[(date(2026, 3, 15) - on).days] == 360_00
        assert owed[90] == 540_00
        assert owed == sorted(owed)
        assert accrued_interest(after, CONTRACT, date(2026, 3, 1)) == 180_00 + 90_00

    def test_takes_no_prepayment_while_it_lasts(self):
        life = lived(TERMS, CONTRACT)
        acts = acts_of(Relief(ReliefMethod.PAYMENT_HOLIDAY, months=3), life, date(2026, 1, 15))
        after = life_after(life, acts)

        with pytest.raises(EventRefused):
            after.apply(event(EventType.PREPAY, date(2026, 2, 1), 1_000_00), 7)

    def test_keeps_what_it_parked_beside_the_installments_after_a_prepayment(self):
        life = lived(TERMS, CONTRACT)
        acts = acts_of(Relief(ReliefMethod.PAYMENT_HOLIDAY, months=3), life, date(2026, 1, 15))
        after = life_after(life, acts)
        on = date(2026, 4, 15)
        before = payoff(standing(after, on), after.contract, on)

        after.apply(event(EventType.PREPAY, on, 1_000_00), 7)

        assert payoff(standing(after, on), after.contract, on) == before - 1_000_00
        assert sum(row.earned_interest for row in after.position.installments if row.unpaid) == 540_00


class TestStepUp:
    def test_refuses_a_low_payment_that_does_not_exceed_the_interest(self):
        life = lived(replace(TERMS, count=60), CONTRACT)

        with pytest.raises(NegativeAmortization):
            acts_of(Relief(ReliefMethod.STEP_UP, months=6, step=Decimal("0.2")), life, ON)


class TestCapitalization:
    def test_moves_interest_receivable_to_principal(self):
        life = lived(TERMS, CONTRACT)
        on = date(2026, 3, 15)
        before = books_of(standing(life, on), CONTRACT)

        after = relieved(life, Relief(ReliefMethod.CAPITALIZATION, count=12), on)

        # Two months: 180.00 and 166.20 that the second still has, of which one was due before.
        books = books_of(after, CONTRACT)
        interest = after.principal - 12_000_00
        assert interest == 180_00 + 166_20
        assert books[Book.PRINCIPAL] - before[Book.PRINCIPAL] == interest
        assert books[Book.INTEREST_RECEIVABLE] == 0
        assert before[Book.INTEREST_INCOME] - books[Book.INTEREST_INCOME] == interest - before[Book.INTEREST_RECEIVABLE]


class TestAnotherWayOfRepaying:
    def test_turns_all_at_the_end_into_equal_principal_by_the_same_day(self):
        life = lived(replace(TERMS, method=Method.BULLET), CONTRACT)
        relief = Relief(ReliefMethod.REAMORTIZATION, repays=Method.EQUAL_PRINCIPAL)

        after = relieved(life, relief, date(2026, 7, 15))

        new = [row for row in after.installments if row.unpaid]
        assert [row.principal for row in new] == [2_000_00] * 6
        assert (new[0].due_on, new[-1].due_on) == (date(2026, 8, 15), date(2027, 1, 15))


class TestPresentValue:
    def test_is_the_principal_at_the_loan_s_own_rate_but_for_what_rounding_left(self):
        rows = build_schedule(TERMS)

        assert (
            present_value([(row.due_on, row.total) for row in rows], TERMS.annual_rate, TERMS.disbursed_on) == 12_000_03
        )

    @settings(deadline=None, max_examples=60)
    @given(
        flows=st.lists(
            st.tuples(st.dates(date(2026, 1, 1), date(2056, 12, 31)), st.integers(-(10**9), 10**9)), max_size=30
        ),
        millionths=st.integers(0, 360_000),
        on=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    )
    def test_agrees_with_discounting_payment_by_payment(self, flows, millionths, on):
        rate = Decimal(millionths) / 1_000_000

        assert present_value(flows, rate, on) == _one_by_one(flows, rate, on)

    @settings(deadline=None, max_examples=60)
    @given(amounts=st.lists(st.integers(0, 10**8), min_size=1, max_size=60), millionths=st.integers(1, 360_000))
    def test_agrees_with_another_library_on_the_due_dates_of_a_loan(self, amounts, millionths):
        rate = Decimal(millionths) / 1_000_000
        days = DueRule(Period.MONTH).due_dates(START, len(amounts))

        worth = numpy_financial.npv(millionths / 12_000_000, [0, *amounts])

        assert abs(present_value(list(zip(days, amounts, strict=True)), rate, START) - worth) <= 0.5 + 1e-5

    def test_has_nothing_to_discount_at_rate_0(self):
        flows = [(date(2027, 3, 31), 123_45), (date(2025, 1, 1), 67), (date(2029, 2, 28), -5)]

        assert present_value(flows, Decimal(0), date(2026, 1, 31)) == 123_45 + 67 - 5


def _one_by_one(flows: list[tuple[date, int]], annual_rate: Decimal, on: date) -> int:
    """The same by another way: each payment by itself, with 80 decimals."""
    with localcontext() as context:
        context.prec = 80
        total = Decimal(0)
        for day, minor in flows:
            months = 0
            while day > on and _back(day, months + 1) >= on:
                months += 1
            rest = max(0, (_back(day, months) - on).days) if day > on else 0
            monthly = annual_rate / 12
            total += minor / ((1 + monthly) ** months * (1 + monthly * rest / 30))
        return int((total + Decimal("0.5")).to_integral_value(rounding="ROUND_FLOOR"))


def _back(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
