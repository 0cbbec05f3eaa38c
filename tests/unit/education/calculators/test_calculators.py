"""The calculators against the worked figures of the domain notes, and what they refuse."""

from datetime import date
from decimal import Decimal

import pytest

from dashu.finance.affordability import Month
from dashu.finance.annual_rates import annual_rates
from dashu.finance.penalty import PenaltyRule
from education.domain.calculators import CannotCalculate
from education.domain.calculators.card import Card, first_minimum, minimum
from education.domain.calculators.flat import flat
from education.domain.calculators.lateness import lateness
from education.domain.calculators.load import Borrowed, load
from education.domain.calculators.month import budget
from education.domain.calculators.spare_money import spare
from education.domain.figures.budget import RULES
from education.domain.own import late_cost


def written(rate: Decimal) -> str:
    return f"{rate * 100:.2f}"


class TestFlat:
    @pytest.mark.parametrize(
        ("fee", "nominal", "effective"), [("0.006", "13.03", "13.84"), ("0.0075", "16.22", "17.48")]
    )
    def test_a_monthly_fee_is_almost_twice_what_it_looks_like(self, fee, nominal, effective):
        found = flat(12_000_00, Decimal(fee), 12)

        assert (written(found.nominal), written(found.effective)) == (nominal, effective)
        assert found.looks_like == Decimal(fee) * 12

    def test_what_is_kept_back_makes_it_dearer_still(self):
        found = flat(10_000_00, Decimal("0.005"), 12, kept_back=1_000_00)

        assert (written(found.nominal), written(found.effective)) == ("31.34", "36.26")
        assert (found.received, found.fees, found.cost) == (9_000_00, 600_00, 1_600_00)

    def test_the_payments_sum_to_what_was_lent_and_the_fees(self):
        found = flat(1_000_01, Decimal("0.01"), 3)

        assert found.first_payment == 333_34 + 10_00
        assert found.cost == found.fees == 30_00

    def test_without_a_fee_it_costs_nothing(self):
        assert flat(12_000_00, Decimal(0), 12).nominal == 0

    @pytest.mark.parametrize("kept_back", [10_000_00, 10_000_01])
    def test_all_of_it_kept_back_is_refused_at_its_field(self, kept_back):
        with pytest.raises(CannotCalculate) as refusal:
            flat(10_000_00, Decimal("0.005"), 12, kept_back=kept_back)

        assert refusal.value.field == "kept_back"


class TestMinimum:
    CARD = Card(20_000_00, Decimal("0.0005"), Decimal("0.1"), 100_00)

    def test_the_minimum_takes_45_months_and_3440_56(self):
        found = minimum(self.CARD).minimum

        assert (found.months, found.interest) == (45, 3_440_56)
        assert (found.balances[0], found.balances[-1], len(found.balances)) == (20_000_00, 0, 46)

    def test_the_first_minimum_kept_up_takes_11_months_and_1833_96(self):
        found = minimum(self.CARD)

        assert found.fixed.first == first_minimum(self.CARD) == 2_030_42
        assert (found.fixed.months, found.fixed.interest) == (11, 1_833_96)
        assert found.saved == found.minimum.interest - found.fixed.interest

    def test_the_first_minimum_is_never_less_than_the_floor_nor_more_than_is_owed(self):
        small = Card(150_00, Decimal("0.0005"), Decimal("0.1"), 100_00)

        assert first_minimum(small) == 100_00
        assert first_minimum(Card(50_00, Decimal(0), Decimal("0.1"), 100_00)) == 50_00

    def test_an_amount_below_the_interest_is_refused_at_its_field(self):
        with pytest.raises(CannotCalculate) as refusal:
            minimum(self.CARD, fixed=300_00)

        assert refusal.value.field == "fixed"

    def test_a_minimum_below_the_interest_never_ends(self):
        found = minimum(Card(20_000_00, Decimal("0.0005"), Decimal("0.01"), 1_00), fixed=1_000_00)

        assert found.minimum is None
        assert found.saved is None
        assert found.fixed.months > 20


class TestBudget:
    def test_a_buffer_of_a_tenth_stays_free(self):
        found = budget(Month(8_000_00, 4_200_00, 1_600_00), RULES)

        assert (found.buffer, found.left, found.most) == (800_00, 1_400_00, 1_400_00)
        assert (found.hard_income, found.hard_left) == (6_400_00, -40_00)

    def test_what_is_missing_is_below_zero_and_carries_no_loan(self):
        found = budget(Month(5_000_00, 4_000_00, 1_000_00), RULES)

        assert (found.left, found.most) == (-500_00, 0)


class TestLoad:
    def test_three_small_loans_take_2364_00_which_is_36_4_percent(self):
        loans = [Borrowed(owed, Decimal("0.24"), 12) for owed in (5_000_00, 8_000_00, 12_000_00)]

        found = load(loans, Month(6_500_00, 3_500_00, 0), RULES)

        assert found.installments == (472_80, 756_48, 1_134_72)
        assert found.together == 2_364_00
        assert written(found.share) == "36.37"
        assert found.left == 6_500_00 - 3_500_00 - 650_00 - 2_364_00 == -14_00

    def test_a_loan_without_interest_is_its_parts(self):
        found = load([Borrowed(1_200_00, Decimal(0), 12)], Month(5_000_00, 0, 0), RULES)

        assert (found.installments, found.interest) == ((100_00,), 0)


class TestSpare:
    LOAN = {"owed": 50_000_00, "annual_rate": Decimal("0.12"), "months": 24}

    def test_saving_at_the_rate_of_the_loan_is_neither_ahead_nor_behind(self):
        found = spare(**self.LOAN, extra=10_000_00, fee_share=Decimal(0), annual_return=Decimal("0.12"))

        assert abs(found.ahead) < 24  # each month may round by a fen
        assert written(found.needed) == "12.00"

    def test_paying_down_is_ahead_of_a_low_return(self):
        found = spare(**self.LOAN, extra=10_000_00, fee_share=Decimal(0), annual_return=Decimal("0.025"))

        assert (found.before, found.after) == (2_353_67, 1_882_94)
        assert (found.saved, found.earned, found.ahead) == (1_297_59, 238_80, -1_058_79)

    def test_a_fee_lowers_what_saving_has_to_bring(self):
        found = spare(**self.LOAN, extra=10_000_00, fee_share=Decimal("0.01"), annual_return=Decimal("0.025"))

        differences = found.before - found.after
        assert found.fee == 99_01
        assert written(found.needed) == written(annual_rates(10_000_00, [differences] * 24, 12).irr_nominal) == "11.00"

    @pytest.mark.parametrize("extra", [50_000_00, 60_000_00])
    def test_as_much_as_is_owed_is_refused_at_its_field(self, extra):
        with pytest.raises(CannotCalculate) as refusal:
            spare(**self.LOAN, extra=extra, fee_share=Decimal(0), annual_return=Decimal(0))

        assert refusal.value.field == "extra"


class TestLateness:
    RULE = PenaltyRule(annual_rate=Decimal("0.24"))

    def test_a_thousand_for_thirty_days_costs_20_00(self):
        found = lateness(1_000_00, 30, self.RULE)

        assert (found.cost, found.after_half) == (20_00, 10_00)
        assert dict(found.by_day) == {1: 66, 7: 4_66, 30: 20_00, 60: 40_00, 90: 60_00}

    def test_is_the_penalty_of_the_lessons(self):
        assert lateness(987_65, 45, self.RULE).cost == late_cost(987_65, 45)

    def test_half_of_an_odd_fen_leaves_the_larger_half(self):
        assert lateness(1, 1, PenaltyRule(annual_rate=Decimal(360))).after_half == 1


def test_the_day_on_which_an_example_begins_changes_nothing(monkeypatch):
    before = minimum(TestMinimum.CARD)
    monkeypatch.setattr("education.domain.calculators.card.ANY_DAY", date(2027, 1, 31))

    assert minimum(TestMinimum.CARD) == before
