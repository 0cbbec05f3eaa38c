"""A card paid by its minimum, by a fixed amount, and by a loan: published figures, and the loan that is not better."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.terms import Method, ScheduleTerms
from loans.domain.card_comparison import CardDebt, Way, compare

DEBT = CardDebt(20_000_00, Decimal("0.1825"), Decimal("0.1"), 100_00)


def loan(rate: str, count: int = 12, principal: int = DEBT.statement) -> ScheduleTerms:
    return ScheduleTerms(
        principal=principal,
        annual_rate=Decimal(rate),
        method=Method.EQUAL_INSTALLMENT,
        count=count,
        disbursed_on=date(2026, 1, 15),
    )


def test_the_minimum_and_the_first_minimum_kept_up_are_the_published_figures():
    found = compare(DEBT, loan("0.12"), fixed=2_030_42)

    assert found.minimum == Way(45, 2_030_42, 3_440_56)
    assert found.fixed == Way(11, 2_030_42, 1_833_96)


def test_a_cheaper_loan_is_better_by_what_the_same_money_a_month_costs_more():
    found = compare(DEBT, loan("0.12"))

    assert found.loan == Way(12, 1_776_98, 1_323_70)
    assert (found.fixed.first, found.saved) == (1_776_98, found.fixed.cost - 1_323_70)
    assert found.is_loan_better is True
    assert found.loan_rate == Decimal("0.126824")  # 1.01 ** 12 − 1


def test_a_dearer_loan_is_not_better():
    found = compare(DEBT, loan("0.24"))

    assert found.is_loan_better is False
    assert found.saved < 0


@pytest.mark.parametrize("fixed", [1_00, 304_00])
def test_what_does_not_pay_the_interest_never_ends(fixed):
    found = compare(DEBT, loan("0.24"), fixed=fixed)

    assert (found.fixed, found.saved, found.is_loan_better) == (None, None, True)


def test_a_minimum_without_a_floor_never_ends():
    assert compare(replace(DEBT, minimum_floor=0), loan("0.12")).minimum is None


@settings(deadline=None)
@given(st.integers(1_000_00, 200_000_00), st.integers(1, 30), st.integers(3, 60))
def test_at_the_cards_own_rate_a_loan_saves_nothing_but_rounding(statement, percent, count):
    rate = Decimal(percent) / 100
    debt = replace(DEBT, statement=statement, annual_rate=rate)
    regular = compare(debt, loan(str(rate), count, statement)).loan.first

    found = compare(debt, loan(str(rate), count, statement), fixed=regular)

    # The installment is rounded by half a fen, each month's interest too, and what is left of it bears interest.
    monthly = float(rate) / 12
    grown = ((1 + monthly) ** count - 1) / monthly
    assert found.fixed is not None
    assert abs(found.saved) <= count + grown + 1
