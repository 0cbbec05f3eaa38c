from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.arrears import Pause
from dashu.finance.penalty import PenaltyBase, PenaltyRule
from repayments.domain.late_cost import a_day, cost_if_missed, late_cost_of
from repayments.domain.standing import standing_of
from tests.unit.repayments.test_standing import CONTRACT, POSITION

DUE = POSITION.installments[0].due_on
LATER = date(DUE.year, DUE.month, DUE.day + 5)


class TestLateCost:
    def test_is_the_figure_of_the_standing_with_what_makes_it(self):
        cost, standing = late_cost_of(POSITION, CONTRACT, LATER), standing_of(POSITION, CONTRACT, LATER)

        assert cost.base_minor == standing.overdue_principal
        assert cost.a_day_minor == standing.penalty_a_day > 0
        assert cost.annual_rate == CONTRACT.penalty.annual_rate
        assert cost.is_paused is False

    def test_is_nothing_before_and_on_the_due_date(self):
        for day in (date(DUE.year, DUE.month, DUE.day - 1), DUE):
            assert late_cost_of(POSITION, CONTRACT, day).a_day_minor == 0

    def test_stands_still_in_a_pause_and_says_so(self):
        paused = replace(POSITION, pauses=(Pause(LATER),))

        cost = late_cost_of(paused, CONTRACT, LATER)

        assert (cost.a_day_minor, cost.is_paused) == (0, True)
        assert cost.base_minor == standing_of(POSITION, CONTRACT, LATER).overdue_principal

    def test_of_an_installment_to_come_is_what_its_first_late_day_adds(self):
        first = POSITION.installments[0]

        assert cost_if_missed(first, CONTRACT) == late_cost_of(POSITION, CONTRACT, LATER).a_day_minor

    @given(st.integers(0, 10**9), st.integers(1, 240_000))
    def test_a_day_is_base_times_rate_by_days_of_the_year(self, base, millionths):
        rule = PenaltyRule(annual_rate=Decimal(millionths) / 1_000_000, base=PenaltyBase.PRINCIPAL, year_days=360)

        exact = Decimal(base) * rule.annual_rate / 360

        assert abs(a_day(base, rule) - exact) <= Decimal("0.5") + Decimal("1e-9")
