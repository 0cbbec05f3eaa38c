from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.annual_rates import NoAnnualRate, all_in_rates, annual_rates
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.periods import DueRule, Period
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.money import parse_minor
from tests.unit.finance.cases import golden


class TestAnnualRates:
    @pytest.mark.parametrize("case", golden("annual_rates"), ids=lambda case: case["source"])
    def test_agree_with_the_published_figures(self, case):
        found = annual_rates(
            parse_minor(case["received"]),
            [parse_minor(case["payment"])] * int(case["count"]),
            int(case["periods_a_year"]),
            first_period=Decimal(case["first_period"]),
        )

        assert f"{found.irr_nominal * 100:.2f}" == case["irr_nominal_pct"]
        assert case["irr_effective_pct"] in ("", f"{found.irr_effective * 100:.2f}")

    def test_nothing_but_the_principal_back_is_zero_and_not_minus_zero(self):
        found = annual_rates(600_00, [1_00] * 600, 12)

        assert (str(found.irr_nominal), str(found.irr_effective)) == ("0.000000", "0.000000")

    def test_less_back_than_received_is_a_negative_rate(self):
        assert annual_rates(100_00, [99_00], 12).irr_nominal == Decimal("-0.120000")

    @pytest.mark.parametrize(("received", "payments"), [(0, [1]), (-5, [1]), (100, [0, 0]), (1, [100])])
    def test_refuses_what_no_rate_explains(self, received, payments):
        with pytest.raises(NoAnnualRate):
            annual_rates(received, payments, 12)

    def test_refuses_a_daily_rate_whose_year_cannot_be_written(self):
        with pytest.raises(NoAnnualRate):
            annual_rates(100, [200], 365)

    @settings(deadline=None, max_examples=100)
    @given(
        received=st.integers(1_00, 10**12),
        payments=st.lists(st.integers(1, 10**12), min_size=1, max_size=60),
    )
    def test_discount_the_payments_to_the_sum_received(self, received, payments):
        try:
            rate = annual_rates(received, payments, 1).irr_nominal
        except NoAnnualRate:
            assert sum(payments) > 10 * received or sum(payments) < received
            return
        low, high = rate - Decimal("0.000001"), rate + Decimal("0.000001")

        def worth(at: Decimal) -> Decimal:
            return sum((payment / (1 + at) ** k for k, payment in enumerate(payments, 1)), Decimal(0))

        assert worth(high) <= received <= worth(low)


class TestAllInRates:
    def test_without_fees_the_nominal_rate_is_the_contract_rate(self):
        terms = ScheduleTerms(10**11, Decimal("0.18"), Method.EQUAL_INSTALLMENT, 24, date(2026, 1, 15))

        found = all_in_rates(terms, build_schedule(terms))

        assert found.irr_nominal == Decimal("0.180000")
        assert found.irr_effective == Decimal("0.195618")

    def test_a_fee_kept_back_lowers_what_was_received(self):
        fee = Fee("entry", 1_000_00, FeeTiming.UPFRONT)
        terms = ScheduleTerms(100_000_00, Decimal("0.06"), Method.FLAT, 12, date(2026, 1, 10), fees=(fee,))

        found = all_in_rates(terms, build_schedule(terms))

        assert (f"{found.irr_nominal:.4f}", f"{found.irr_effective:.4f}") == ("0.1280", "0.1358")

    def test_a_bullet_pays_nothing_before_its_end(self):
        terms = ScheduleTerms(10**10, Decimal("0.12"), Method.BULLET, 12, date(2026, 1, 15))

        found = all_in_rates(terms, build_schedule(terms))

        assert found.irr_effective == Decimal("0.120000")

    def test_a_free_month_before_the_first_period_lowers_the_rate(self):
        late = DueRule(Period.MONTH, first_due_on=date(2026, 3, 15))
        terms = ScheduleTerms(10**10, Decimal("0.12"), Method.INTEREST_ONLY, 1, date(2026, 1, 15), due_rule=late)

        found = all_in_rates(terms, build_schedule(terms))

        # 2% after two months: √1.02 − 1 a month.
        assert found.irr_effective == Decimal("0.126162")
        assert found.irr_nominal == Decimal("0.119406")

    def test_five_months_repeat_2_4_times_a_year(self):
        terms = ScheduleTerms(
            10**10, Decimal("0.12"), Method.INTEREST_ONLY, 3, date(2026, 1, 15), due_rule=DueRule(Period.MONTH, every=5)
        )

        assert all_in_rates(terms, build_schedule(terms)).irr_nominal == Decimal("0.120000")
