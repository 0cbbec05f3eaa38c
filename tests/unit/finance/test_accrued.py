from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.accrued import accrued_interest
from dashu.finance.changed_schedules import restructure
from dashu.finance.installments import Component, Installment
from dashu.finance.loan import Contract, InterestBasis, charge_off, opened, receive
from dashu.finance.terms import Method, ScheduleTerms

START = date(2026, 1, 15)
DUE = date(2026, 2, 15)  # 31 days later
CONTRACT = Contract(starts_on=START, annual_rate=Decimal("0.18"))
ROWS = (
    Installment(1, DUE, 100_000, 31_01),
    Installment(2, date(2026, 3, 15), 100_000, 15_00),
)
POSITION = opened(CONTRACT, ROWS, 200_000)
TERMS = ScheduleTerms(
    principal=200_000,
    annual_rate=Decimal("0.18"),
    method=Method.EQUAL_INSTALLMENT,
    count=6,
    disbursed_on=START,
)


def on(days: int) -> date:
    return START + timedelta(days=days)


class TestScheduledInterest:
    @pytest.mark.parametrize(
        ("days", "minor"),
        # 3,101 / 31 a day is 100.03…: the fraction is carried, so that one day has a fen more
        [(0, 0), (1, 100), (15, 1_500), (16, 1_601), (30, 3_001), (31, 0), (32, 54)],
    )
    def test_grows_by_days_and_starts_anew_when_it_falls_due(self, days, minor):
        assert accrued_interest(POSITION, CONTRACT, on(days)) == minor

    def test_what_was_paid_ahead_is_not_accrued_again(self):
        ahead = replace(POSITION, installments=(ROWS[0].pay(Component.INTEREST, 1_000), ROWS[1]))

        assert [accrued_interest(ahead, CONTRACT, on(days)) for days in (5, 10, 11)] == [0, 0, 100]

    def test_a_period_that_was_priced_again_keeps_what_was_earned_before(self):
        row = replace(ROWS[0], period_from=on(10), earned_interest=1_000)
        position = replace(POSITION, installments=(row, ROWS[1]))

        # 2,101 over the 21 days that are left
        assert [accrued_interest(position, CONTRACT, on(days)) for days in (10, 11)] == [1_000, 1_100]

    def test_what_new_terms_carried_on_is_earned_once(self):
        first = restructure(POSITION, CONTRACT, TERMS, on(10))
        paid, _receipt = receive(first, CONTRACT, 100, on(12), first=3)  # a part of what carries the 10 days

        again = restructure(paid, CONTRACT, TERMS, on(14))

        assert again.installments[0].earned_interest > again.installments[0].interest == 100
        assert accrued_interest(again, CONTRACT, on(14)) == accrued_interest(paid, CONTRACT, on(14)) > 0

    @given(st.integers(0, 10**9), st.integers(1, 400))
    def test_the_days_of_a_period_sum_to_its_interest(self, interest, period):
        row = Installment(1, START + timedelta(days=period), 100_000, interest)
        position = opened(CONTRACT, (row,), 100_000)

        grown = [accrued_interest(position, CONTRACT, on(days)) for days in range(period)]

        assert grown == sorted(grown)
        assert 0 <= grown[0] <= grown[-1] <= interest
        assert abs(grown[-1] - interest * (period - 1) / period) <= 1


class TestOtherLoans:
    def test_daily_interest_is_all_that_is_earned_and_not_collected(self):
        contract = replace(CONTRACT, interest_basis=InterestBasis.DAILY)
        position = opened(contract, ROWS, 200_000)
        paid, _receipt = receive(position, contract, 5_000, on(10))

        # 200,000 × 18% / 365 a day
        assert accrued_interest(position, contract, on(10)) == 986
        assert accrued_interest(paid, contract, on(10)) == 0
        assert accrued_interest(paid, contract, on(11)) == 97

    def test_a_loan_that_is_no_longer_accrued_earns_none(self):
        contract = replace(CONTRACT, non_accrual_days=10)

        assert accrued_interest(POSITION, contract, DUE + timedelta(days=10)) > 0
        assert accrued_interest(POSITION, contract, DUE + timedelta(days=11)) == 0

    def test_a_loan_booked_as_lost_earns_none(self):
        assert accrued_interest(charge_off(POSITION, CONTRACT, on(5)), CONTRACT, on(9)) == 0
