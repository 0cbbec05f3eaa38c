from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.day_counts import DayCount, days_between, year_fraction

days = st.dates(date(1990, 1, 1), date(2060, 12, 31))


class TestDaysBetween:
    @pytest.mark.parametrize(
        ("start", "end", "us", "european", "actual"),
        [
            (date(2026, 1, 15), date(2026, 2, 15), 30, 30, 31),
            (date(2026, 1, 31), date(2026, 2, 28), 28, 28, 28),
            (date(2026, 1, 31), date(2026, 3, 31), 60, 60, 59),
            (date(2026, 1, 15), date(2026, 3, 31), 76, 75, 75),
            (date(2024, 2, 29), date(2024, 3, 31), 32, 31, 31),
            (date(2025, 12, 31), date(2026, 12, 31), 360, 360, 365),
        ],
    )
    def test_counts_as_each_convention_says(self, start, end, us, european, actual):
        assert days_between(start, end, DayCount.THIRTY_360) == us
        assert days_between(start, end, DayCount.THIRTY_E_360) == european
        assert days_between(start, end, DayCount.ACTUAL_365) == actual

    @given(start=days, end=days)
    def test_backwards_is_the_negative_for_actual_days(self, start, end):
        assert days_between(start, end, DayCount.ACTUAL_360) == -days_between(end, start, DayCount.ACTUAL_360)


class TestYearFraction:
    def test_of_a_leap_year(self):
        start, end = date(2024, 1, 1), date(2025, 1, 1)

        assert year_fraction(start, end, DayCount.THIRTY_360) == 1
        assert year_fraction(start, end, DayCount.ACTUAL_ACTUAL) == 1
        assert year_fraction(start, end, DayCount.ACTUAL_365) == Decimal(366) / 365
        assert year_fraction(start, end, DayCount.ACTUAL_360) == Decimal(366) / 360

    def test_actual_actual_divides_each_year_by_its_own_days(self):
        found = year_fraction(date(2023, 11, 1), date(2024, 5, 1), DayCount.ACTUAL_ACTUAL)

        assert found == Decimal(61) / 365 + Decimal(121) / 366

    @given(start=days, middle=days, end=days)
    def test_actual_actual_adds_up_over_a_date_between(self, start, middle, end):
        start, middle, end = sorted((start, middle, end))

        whole = year_fraction(start, end, DayCount.ACTUAL_ACTUAL)
        parts = year_fraction(start, middle, DayCount.ACTUAL_ACTUAL) + year_fraction(
            middle, end, DayCount.ACTUAL_ACTUAL
        )

        assert abs(whole - parts) < Decimal("1e-20")
