from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.eu_aprc import annual_percentage_rate_of_charge, years_between
from dashu.finance.periods import Period
from dashu.finance.rate_solver import NoAnnualRate
from dashu.kernel.money import parse_minor
from tests.unit.finance.cases import golden


class TestYearsBetween:
    @pytest.mark.parametrize("case", golden("eu_years"), ids=lambda case: f"{case['start']} {case['day']}")
    def test_agrees_with_the_guidelines_of_the_commission(self, case):
        part, of = case["whole"].split("/")

        found = years_between(
            date.fromisoformat(case["start"]), date.fromisoformat(case["day"]), Period(case["period"])
        )

        assert found == Decimal(part) / int(of) + Decimal(case["rest_days"]) / int(case["year_days"])

    @given(
        st.dates(date(1990, 1, 1), date(2050, 1, 1)), st.integers(0, 8_000), st.sampled_from(["week", "month", "year"])
    )
    def test_is_never_far_from_the_days(self, start, days, period):
        found = years_between(start, start + timedelta(days=days), Period(period))

        assert abs(found * Decimal("365.25") - days) < 5 + days * Decimal("0.0036")


class TestAnnualPercentageRateOfCharge:
    @pytest.mark.parametrize("case", golden("eu_aprc"), ids=lambda case: case["source"])
    def test_agrees_with_the_published_examples(self, case):
        advance = (date.fromisoformat(case["advanced_on"]), parse_minor(case["advanced"]))
        payments = [
            (date.fromisoformat(on), parse_minor(amount))
            for amount, on in (payment.split(" on ") for payment in case["payments"].split("; "))
        ]

        found = annual_percentage_rate_of_charge([advance], payments, period=Period(case["period"]))

        assert f"{found.irr_effective * 100:.2f}" == case["aprc_pct"]

    def test_counts_in_months_unless_all_times_are_whole_weeks(self):
        advance = (date(2026, 1, 1), 1_000_00)
        monthly = [(date(2026, month, 1), 260_00) for month in (2, 3, 4, 5)]
        weekly = [(date(2026, 1, 1) + timedelta(days=7 * week), 260_00) for week in (1, 2, 3, 4)]

        assert annual_percentage_rate_of_charge([advance], monthly) == annual_percentage_rate_of_charge(
            [advance], monthly, period=Period.MONTH
        )
        assert annual_percentage_rate_of_charge([advance], weekly) == annual_percentage_rate_of_charge(
            [advance], weekly, period=Period.WEEK
        )

    def test_of_monthly_payments_is_the_effective_rate_of_the_announcement_of_the_pbc(self):
        payments = [(date(2026 + month // 12, month % 12 + 1, 15), 8_833_30) for month in range(1, 13)]

        found = annual_percentage_rate_of_charge([(date(2026, 1, 15), 99_000_00)], payments)

        assert f"{found.irr_effective:.4f}" == "0.1358"

    def test_of_a_payday_loan_is_thousands_of_percent(self):
        found = annual_percentage_rate_of_charge([(date(2026, 1, 1), 250_00)], [(date(2026, 1, 29), 319_97)])

        # (319.97 / 250) to the power of 52/4.
        assert f"{found.irr_effective * 100:.1f}" == f"{((Decimal('319.97') / 250) ** 13 - 1) * 100:.1f}" == "2372.9"

    def test_refuses_nothing_paid_out(self):
        with pytest.raises(NoAnnualRate):
            annual_percentage_rate_of_charge([], [(date(2026, 1, 1), 1)])
