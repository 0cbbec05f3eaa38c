"""A loan of 12,000 yuan at 12% a year in 12 installments from 15 January 2026, three of them paid."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.allocation import Surplus, Waterfall
from dashu.finance.amortization import level_installment
from dashu.finance.changed_schedules import reprice, spread_arrears
from dashu.finance.early_repayment import EarlyRepayment
from dashu.finance.loan import (
    Contract,
    EventRefused,
    InterestBasis,
    Position,
    Status,
    books_of,
    extend,
    opened,
    receive,
)
from dashu.finance.prepayment import Keep, prepay, prepayment_options, receive_in_advance
from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.terms import CardPlan, Method, ScheduleTerms
from tests.unit.finance.cases import rows_of

START, AFTER_THREE = date(2026, 1, 15), date(2026, 4, 15)
TERMS = ScheduleTerms(
    principal=12_000_00,
    annual_rate=Decimal("0.12"),
    method=Method.EQUAL_INSTALLMENT,
    count=12,
    disbursed_on=START,
)
CONTRACT = Contract(starts_on=START, annual_rate=Decimal("0.12"))


def after_three(terms: ScheduleTerms = TERMS, contract: Contract = CONTRACT) -> Position:
    position = opened(contract, rows_of(terms), terms.principal)
    for row in position.installments[:3]:
        position, _receipt = receive(position, contract, row.total, row.due_on)
    return position


class TestOptions:
    def test_show_both_outcomes_side_by_side(self):
        position = after_three()

        options = prepayment_options(position, CONTRACT, TERMS, 3_000_00, AFTER_THREE)

        left = position.principal - 3_000_00
        term, installment = options[Keep.TERM], options[Keep.INSTALLMENT]
        assert term.installment == to_minor(level_installment(left, [Decimal("0.01")] * 9), Rounding.HALF_UP)
        assert (term.installments_left, term.last_due_on) == (9, date(2027, 1, 15))
        assert installment.installment == position.installments[3].total == 1_066_19
        assert (installment.installments_left, installment.last_due_on) == (6, date(2026, 10, 15))
        assert installment.interest_saved > term.interest_saved > 0

    def test_decide_nothing(self):
        position = after_three()

        prepayment_options(position, CONTRACT, TERMS, 3_000_00, AFTER_THREE)

        assert position == after_three()

    def test_the_kept_installment_stays_to_the_fen_until_the_last_one(self):
        position, _receipt = prepay(after_three(), CONTRACT, TERMS, 3_000_00, date(2026, 4, 25), keep=Keep.INSTALLMENT)

        totals = [row.total for row in position.installments[3:] if row.total]
        assert set(totals[:-1]) == {1_066_19}
        assert 0 < totals[-1] <= 1_066_19

    def test_equal_principal_keeps_its_share(self):
        terms = replace(TERMS, method=Method.EQUAL_PRINCIPAL)

        position, _receipt = prepay(after_three(terms), CONTRACT, terms, 3_500_00, AFTER_THREE, keep=Keep.INSTALLMENT)

        assert [row.principal for row in position.installments[3:]] == [1_000_00] * 5 + [500_00, 0, 0, 0]

    @pytest.mark.parametrize("keep", list(Keep))
    def test_a_card_plan_ends_earlier(self, keep):
        terms = replace(TERMS, method=Method.CARD_PLAN, card_plan=CardPlan(fixed=1_100_00))
        before = after_three(terms)

        position, _receipt = prepay(before, CONTRACT, terms, 3_000_00, AFTER_THREE, keep=keep)

        unpaid = [row.unpaid for row in position.installments if row.unpaid]
        assert set(unpaid[:-1]) == {1_100_00}
        assert len(unpaid) == 6 < len([row for row in before.installments if row.unpaid])
        assert sum(row.unpaid_principal for row in position.installments) == position.principal

    def test_the_fee_comes_out_of_the_money(self):
        contract = replace(CONTRACT, early=EarlyRepayment(fee_share=Decimal("0.01")))

        position, receipt = prepay(after_three(), contract, TERMS, 3_030_00, AFTER_THREE)

        assert (receipt.principal, receipt.fee, receipt.unapplied) == (3_000_00, 30_00, 0)
        assert sum(books_of(position, contract).values()) == 0

    def test_refuses_money_that_only_pays_the_fee(self):
        contract = replace(CONTRACT, early=EarlyRepayment(fee_floor=500_00))

        with pytest.raises(EventRefused):
            prepay(after_three(), contract, TERMS, 400_00, AFTER_THREE)

    @settings(deadline=None, max_examples=150)
    @given(
        method=st.sampled_from([Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY]),
        money=st.integers(1_00, 8_000_00),
        days=st.integers(0, 30),
        keep=st.sampled_from(Keep),
    )
    def test_the_rows_repay_exactly_the_lower_principal_and_interest_only_falls(self, method, money, days, keep):
        terms = replace(TERMS, method=method)
        before = after_three(terms)
        on = date.fromordinal(AFTER_THREE.toordinal() + days % 30)

        after, receipt = prepay(before, CONTRACT, terms, money, on, keep=keep)

        assert sum(row.unpaid_principal for row in after.installments) == after.principal
        assert after.principal == before.principal - receipt.principal
        assert sum(row.interest for row in after.installments) <= sum(row.interest for row in before.installments)
        assert sum(books_of(after, CONTRACT).values()) == 0


class TestAfterOtherEvents:
    def test_interest_counted_daily_runs_on_the_old_principal_up_to_the_day(self):
        daily = replace(CONTRACT, interest_basis=InterestBasis.DAILY)
        position, on = opened(daily, rows_of(TERMS), TERMS.principal), date(2026, 1, 25)

        after, _receipt = prepay(position, daily, TERMS, 3_000_00, on)

        # 12,000.00 × 12% × 10 / 365
        assert (after.principal, after.interest_due(daily)) == (9_000_00, 39_45)

    def test_an_installment_of_earlier_terms_that_a_holiday_moved_keeps_its_principal(self):
        position = opened(CONTRACT, rows_of(TERMS), TERMS.principal)
        position, terms, first = reprice(position, CONTRACT, TERMS, date(2026, 3, 1), annual_rate=Decimal("0.06"))
        position = extend(position, CONTRACT, 3, date(2026, 3, 2))

        for keep in Keep:
            after, _receipt = prepay(
                position, CONTRACT, terms, 500_00, date(2026, 3, 10), first_number=first, keep=keep
            )

            assert after.installments[0] == position.installments[0]
            assert sum(row.unpaid_principal for row in after.installments) == after.principal == 11_500_00

    def test_is_refused_when_no_installment_is_left_to_come(self):
        daily = replace(CONTRACT, interest_basis=InterestBasis.DAILY)
        position = opened(daily, rows_of(TERMS), TERMS.principal)
        # Paid a year late, the installments are covered while the interest of that year has left principal.
        for row in position.installments:
            position, _receipt = receive(position, daily, row.total, date(2028, 1, 15))

        with pytest.raises(EventRefused, match="to end the loan, settle it"):
            prepay(position, daily, TERMS, 10_00, date(2028, 1, 16))


class TestInAdvance:
    @pytest.mark.parametrize(
        ("surplus", "left"), [(Surplus.REDUCE_AMOUNT, 9), (Surplus.REDUCE_TERM, 6), (Surplus.NEXT_INSTALLMENT, 7)]
    )
    def test_money_beyond_what_is_due_works_as_the_waterfall_says(self, surplus, left):
        contract = replace(CONTRACT, waterfall=Waterfall(surplus=surplus))
        position = opened(contract, rows_of(TERMS), TERMS.principal)
        for row in position.installments[:2]:
            position, _receipt = receive(position, contract, row.total, row.due_on)
        due = position.installments[2]

        after, receipt = receive_in_advance(position, contract, TERMS, due.total + 3_000_00, due.due_on)

        assert receipt.amount == due.total + 3_000_00
        assert len([row for row in after.installments if row.unpaid]) == left
        assert sum(books_of(after, contract).values()) == 0

    def test_pays_the_last_installments_first(self):
        contract = replace(CONTRACT, waterfall=Waterfall(surplus=Surplus.LAST_INSTALLMENT))

        after, _receipt = receive(after_three(), contract, 1_500_00, AFTER_THREE)

        unpaid = [row.unpaid for row in after.installments]
        assert unpaid[3] == 1_066_19
        assert (unpaid[11], unpaid[10]) == (0, 2 * 1_066_19 - 1_500_00 + after.installments[11].total - 1_066_19)

    def test_makes_good_a_refund_before_it_lowers_the_principal(self):
        contract = replace(CONTRACT, waterfall=Waterfall(surplus=Surplus.REDUCE_AMOUNT))
        owing = replace(after_three(), refund_due=5_00, cash=after_three().cash - 5_00)

        after, receipt = receive_in_advance(owing, contract, TERMS, 1_005_00, AFTER_THREE)
        plain, _receipt = receive_in_advance(after_three(), contract, TERMS, 1_000_00, AFTER_THREE)

        assert (after.refund_due, after.unapplied, after.principal) == (0, 0, plain.principal)
        assert after.installments == plain.installments
        assert (receipt.unapplied, receipt.amount) == (5_00, 1_005_00)
        assert sum(books_of(after, contract).values()) == 0

    def test_what_ends_the_loan_settles_it(self):
        contract = replace(CONTRACT, waterfall=Waterfall(surplus=Surplus.REDUCE_TERM))
        position = after_three()

        after, receipt = receive_in_advance(position, contract, TERMS, position.principal + 5_00, AFTER_THREE)

        assert (after.status, receipt.unapplied) == (Status.SETTLED, 5_00)

    def test_flat_interest_keeps_the_money_as_credit(self):
        terms = replace(TERMS, method=Method.FLAT)
        contract = replace(CONTRACT, waterfall=Waterfall(surplus=Surplus.REDUCE_TERM))

        after, receipt = receive_in_advance(after_three(terms), contract, terms, 100_00, AFTER_THREE)

        assert (after.unapplied, receipt.unapplied) == (100_00, 100_00)


class TestSpreadArrears:
    def test_rounds_the_added_share_and_leaves_the_rows_alone(self):
        position = opened(CONTRACT, rows_of(TERMS), TERMS.principal)
        on = date(2026, 3, 20)

        after = spread_arrears(position, CONTRACT, on)

        arrears = sum(row.principal for row in position.installments[:2])
        added = [
            new.principal - old.principal
            for new, old in zip(after.installments[2:], position.installments[2:], strict=True)
        ]
        assert sum(added) == arrears
        assert max(added) - min(added) <= 1
        assert added == sorted(added)
        assert [row.unpaid for row in after.installments[:2]] == [0, 0]
        assert after.principal == sum(row.unpaid_principal for row in after.installments)

    def test_refuses_when_nothing_is_due_or_nothing_is_to_come(self):
        position = opened(CONTRACT, rows_of(TERMS), TERMS.principal)

        for on in (START, date(2027, 2, 1)):
            with pytest.raises(EventRefused):
                spread_arrears(position, CONTRACT, on)
