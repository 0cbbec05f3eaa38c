from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.periods import DueRule, Period
from dashu.finance.unit_periods import Interval, UnitPeriod, common_period, counted, unit_period_of

MONTH, WEEK = UnitPeriod(Period.MONTH), UnitPeriod(Period.WEEK)


def dues(start: date, count: int, period: Period, every: int = 1, **options: object) -> list[date]:
    return DueRule(period, every, **options).due_dates(start, count)  # type: ignore[arg-type]


class TestUnitPeriodOf:
    @pytest.mark.parametrize(
        ("period", "every", "unit"),
        [
            (Period.DAY, 1, UnitPeriod(Period.DAY)),
            (Period.WEEK, 1, WEEK),
            (Period.WEEK, 2, UnitPeriod(Period.WEEK, 2)),
            (Period.WEEK, 4, UnitPeriod(Period.WEEK, 4)),
            (Period.HALF_MONTH, 1, UnitPeriod(Period.HALF_MONTH)),
            (Period.MONTH, 1, MONTH),
            (Period.MONTH, 2, UnitPeriod(Period.MONTH, 2)),
            (Period.QUARTER, 1, UnitPeriod(Period.MONTH, 3)),
            (Period.YEAR, 1, UnitPeriod(Period.YEAR)),
        ],
    )
    @pytest.mark.parametrize("start", [date(2025, 1, 31), date(2025, 2, 1), date(2023, 12, 16), date(2024, 2, 29)])
    def test_is_the_period_that_occurs_most_often(self, period, every, unit, start):
        assert unit_period_of([start], dues(start, 6, period, every)) == unit

    def test_is_semimonthly_for_the_1st_and_15th(self):
        days = [date(2026, month, day) for month in (1, 2, 3) for day in (1, 15)]

        assert unit_period_of([date(2025, 12, 20)], days) == UnitPeriod(Period.HALF_MONTH)

    def test_is_the_shorter_of_periods_that_occur_equally_often(self):
        start = date(2026, 1, 5)
        weekly = [start + timedelta(days=7 * number) for number in (1, 2)]
        monthly = [date(2026, 2, 19), date(2026, 3, 19)]

        assert unit_period_of([start], [*weekly, *monthly]) == WEEK

    def test_counts_the_times_between_advances_too(self):
        advances = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]

        assert unit_period_of(advances, [date(2026, 4, 11), date(2026, 4, 30)]) == MONTH

    def test_is_the_standard_interval_nearest_the_average_where_none_occurs_twice(self):
        start = date(2026, 1, 1)
        # Periods of 5, 17 and 23 days average 15: a half month.
        days = [start + timedelta(days=passed) for passed in (5, 22, 45)]

        assert common_period([start], days) is None
        assert unit_period_of([start], days) == UnitPeriod(Period.HALF_MONTH)

    def test_is_the_shorter_of_two_intervals_equally_near_the_average(self):
        start = date(2026, 1, 1)
        # Periods of 5 and 3 days average 4, as far from a day as from a week.
        days = [start + timedelta(days=5), start + timedelta(days=8)]

        assert unit_period_of([start], days) == UnitPeriod(Period.DAY)

    @pytest.mark.parametrize(
        ("end", "unit", "a_year"),
        [
            (date(2026, 9, 12), UnitPeriod(Period.DAY, 255), Decimal(365) / 255),
            (date(2026, 6, 28), UnitPeriod(Period.DAY, 179), Decimal(365) / 179),
            (date(2026, 6, 30), UnitPeriod(Period.MONTH, 6), Decimal(2)),
            (date(2026, 7, 31), UnitPeriod(Period.MONTH, 7), Decimal(12) / 7),
        ],
    )
    def test_of_a_single_payment_is_the_term_in_whole_months_or_in_days(self, end, unit, a_year):
        assert unit_period_of([date(2025, 12, 31)], [end]) == unit
        assert unit.a_year == a_year

    def test_of_a_single_payment_is_never_above_a_year(self):
        assert unit_period_of([date(2026, 1, 3)], [date(2029, 9, 15)]) == UnitPeriod(Period.YEAR)


class TestCounted:
    @pytest.mark.parametrize(
        ("start", "day", "unit", "full", "fraction"),
        [
            (date(1978, 2, 10), date(1978, 4, 1), MONTH, 1, Decimal(19) / 30),
            (date(1978, 2, 23), date(1978, 3, 1), UnitPeriod(Period.HALF_MONTH), 0, Decimal(6) / 15),
            (date(1978, 5, 23), date(1978, 10, 1), UnitPeriod(Period.MONTH, 3), 1, Decimal(39) / 90),
            (date(1978, 3, 20), date(1978, 4, 21), WEEK, 4, Decimal(4) / 7),
            (date(1978, 1, 17), date(1979, 7, 17), UnitPeriod(Period.YEAR), 1, Decimal(6) / 12),
            (date(1978, 1, 17), date(1979, 7, 18), UnitPeriod(Period.YEAR), 1, Decimal(182) / 365),
            (date(2026, 1, 31), date(2026, 2, 28), MONTH, 1, Decimal(0)),
            (date(2026, 2, 28), date(2026, 3, 31), MONTH, 1, Decimal(0)),
        ],
    )
    def test_counts_full_periods_back_and_the_rest_in_odd_days(self, start, day, unit, full, fraction):
        assert counted(start, day, unit, series=[day]) == Interval(full, fraction)

    def test_takes_the_last_of_february_for_a_series_on_the_30th(self):
        series = dues(date(2026, 1, 30), 3, Period.MONTH, first_due_on=date(2026, 1, 30))

        found = [counted(date(2025, 12, 30), day, MONTH, series=series) for day in series]

        assert found == [Interval(1), Interval(2), Interval(3)]

    @given(
        start=st.dates(date(1990, 1, 1), date(2050, 1, 1)),
        days=st.integers(0, 4_000),
        unit=st.sampled_from([Period.DAY, Period.WEEK, Period.HALF_MONTH, Period.MONTH, Period.QUARTER, Period.YEAR]),
        every=st.integers(1, 3),
    )
    def test_is_never_far_from_the_days(self, start, days, unit, every):
        found = counted(start, start + timedelta(days=days), UnitPeriod(unit, every))

        # A year counts up to 12 × 30 days in odd months, and February has two days less than 30.
        assert abs(found.total * UnitPeriod(unit, every).length - days) <= 3 + Decimal(days) * 6 / 360
        assert 0 <= found.fraction < Decimal("1.04")
