from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.allocation import Allocation, Direction, Line, Surplus, Waterfall, allocate
from dashu.finance.installments import Component, Installment
from tests.unit.finance.cases import installments, waterfalls

FEE, PENALTY, INTEREST, PRINCIPAL = Component.FEE, Component.PENALTY, Component.INTEREST, Component.PRINCIPAL
MARCH = date(2026, 3, 15)
ROWS = installments(
    (date(2026, 2, 15), 100_00, 10_00), (date(2026, 3, 15), 101_00, 9_00), (date(2026, 4, 15), 102_00, 8_00)
)


class TestByInstallment:
    def test_pays_the_oldest_installment_whole_first(self):
        found = allocate(115_00, ROWS, 0, MARCH, Waterfall())

        assert found.lines == (Line(1, INTEREST, 10_00), Line(1, PRINCIPAL, 100_00), Line(2, INTEREST, 5_00))
        assert found.unapplied == 0

    def test_penalty_takes_its_place_once_at_the_oldest_due_installment(self):
        found = allocate(118_00, ROWS, 3_00, MARCH, Waterfall(order=(FEE, INTEREST, PENALTY, PRINCIPAL)))

        assert found.lines == (
            Line(1, INTEREST, 10_00),
            Line(None, PENALTY, 3_00),
            Line(1, PRINCIPAL, 100_00),
            Line(2, INTEREST, 5_00),
        )

    def test_penalty_last_waits_until_all_due_installments_are_paid(self):
        found = allocate(222_00, ROWS, 3_00, MARCH, Waterfall())

        assert found.lines[-2:] == (Line(2, PRINCIPAL, 101_00), Line(None, PENALTY, 2_00))

    def test_penalty_first_when_the_contract_says_so(self):
        first = Waterfall(order=(PENALTY, FEE, INTEREST, PRINCIPAL))

        assert allocate(5_00, ROWS, 3_00, MARCH, first).lines == (Line(None, PENALTY, 3_00), Line(1, INTEREST, 2_00))


class TestByComponent:
    def test_pays_one_component_of_all_due_installments_before_the_next(self):
        by_component = Waterfall(order=(INTEREST, PRINCIPAL, FEE, PENALTY), direction=Direction.BY_COMPONENT)

        found = allocate(120_00, ROWS, 3_00, MARCH, by_component)

        assert found.lines == (
            Line(1, INTEREST, 10_00),
            Line(2, INTEREST, 9_00),
            Line(1, PRINCIPAL, 100_00),
            Line(2, PRINCIPAL, 1_00),
        )
        assert (found.of(INTEREST), found.of(PRINCIPAL), found.of(PENALTY)) == (19_00, 101_00, 0)


class TestSurplus:
    def test_pays_the_next_installment_ahead(self):
        found = allocate(230_00, ROWS, 0, MARCH, Waterfall())

        assert found.lines[-2:] == (Line(3, INTEREST, 8_00), Line(3, PRINCIPAL, 2_00))

    def test_or_stays_as_credit(self):
        found = allocate(230_00, ROWS, 0, MARCH, Waterfall(surplus=Surplus.UNAPPLIED))

        assert found.unapplied == 10_00

    def test_beyond_the_whole_loan_is_credit_in_any_case(self):
        assert allocate(1_000_00, ROWS, 1_00, MARCH, Waterfall()).unapplied == 1_000_00 - 330_00 - 1_00

    def test_penalty_is_paid_when_nothing_is_due(self):
        assert allocate(5_00, (), 2_00, MARCH, Waterfall()) == Allocation((Line(None, PENALTY, 2_00),), 3_00)


class TestWaterfall:
    @pytest.mark.parametrize("order", [(), (FEE, INTEREST, PRINCIPAL), (FEE, FEE, INTEREST, PRINCIPAL, PENALTY)])
    def test_names_each_component_once(self, order):
        with pytest.raises(ValueError, match="names each component once"):
            Waterfall(order=order)


class TestProperties:
    @settings(deadline=None, max_examples=300)
    @given(
        amount=st.integers(0, 1_000_00),
        owed=st.lists(st.tuples(st.integers(0, 100_00), st.integers(0, 10_00), st.integers(0, 2_00)), max_size=6),
        penalty=st.integers(0, 20_00),
        month=st.integers(1, 12),
        waterfall=waterfalls,
    )
    def test_lines_and_unapplied_are_the_payment_and_never_more_than_is_owed(
        self, amount, owed, penalty, month, waterfall
    ):
        rows = [
            Installment(n, date(2026, 2 * n, 1), principal, interest, fee)
            for n, (principal, interest, fee) in enumerate(owed, 1)
        ]

        found = allocate(amount, rows, penalty, date(2026, month, 1), waterfall)

        assert sum(line.minor for line in found.lines) + found.unapplied == amount
        assert all(line.minor > 0 for line in found.lines)
        assert len({(line.number, line.component) for line in found.lines}) == len(found.lines)
        for line in found.lines:
            owed_here = penalty if line.number is None else rows[line.number - 1].unpaid_of(line.component)
            assert line.minor <= owed_here
        claimed = penalty + sum(row.unpaid for row in rows)
        if waterfall.surplus is Surplus.NEXT_INSTALLMENT:
            assert found.unapplied == max(0, amount - claimed)
