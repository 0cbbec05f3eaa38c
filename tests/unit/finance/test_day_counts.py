from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.day_counts import DayCount, days_between, year_fraction
from dashu.kernel.dates import add_months
from tests.unit.finance.cases import golden

days = st.dates(date(1990, 1, 1), date(2060, 12, 31))
bases = st.sampled_from(DayCount)
additive = st.sampled_from(
    [
        DayCount.ACTUAL_360,
        DayCount.ACTUAL_365,
        DayCount.ACTUAL_ACTUAL,
        DayCount.ACTUAL_ACTUAL_31_DECEMBER,
        DayCount.THIRTY_E_360,
        DayCount.THIRTY_E_360_ISDA,
    ]
)


def ids(case: dict[str, str]) -> str:
    return f"{case['basis']} {case['start']} {case['end']}"


def exact(sum_of_fractions: str) -> Decimal:
    """Read a sum such as 17/365 + 14/366 and round it once, to 28 digits."""
    total = sum(Fraction(part) for part in sum_of_fractions.split(" + "))
    return Decimal(total.numerator) / total.denominator


class TestDaysBetween:
    @pytest.mark.parametrize("case", golden("day_counts_30_360"), ids=ids)
    def test_of_the_published_examples(self, case):
        start, end = date.fromisoformat(case["start"]), date.fromisoformat(case["end"])
        ends_on = date.fromisoformat(case["ends_on"]) if case["ends_on"] else None

        found = days_between(start, end, DayCount(case["basis"]), ends_on=ends_on)

        assert found == int(case["days"])

    @pytest.mark.parametrize(
        ("start", "end", "bond", "us", "european", "isda", "actual"),
        [
            (date(2026, 1, 15), date(2026, 2, 15), 30, 30, 30, 30, 31),
            (date(2026, 1, 31), date(2026, 2, 28), 28, 28, 28, 30, 28),
            (date(2026, 1, 31), date(2026, 3, 31), 60, 60, 60, 60, 59),
            (date(2026, 1, 15), date(2026, 3, 31), 76, 76, 75, 75, 75),
            (date(2024, 2, 29), date(2024, 3, 31), 32, 30, 31, 30, 31),
            (date(2025, 12, 31), date(2026, 12, 31), 360, 360, 360, 360, 365),
        ],
    )
    def test_counts_as_each_convention_says(self, start, end, bond, us, european, isda, actual):
        assert days_between(start, end, DayCount.THIRTY_360) == bond
        assert days_between(start, end, DayCount.THIRTY_360_US) == us
        assert days_between(start, end, DayCount.THIRTY_E_360) == european
        assert days_between(start, end, DayCount.THIRTY_E_360_ISDA) == isda
        assert days_between(start, end, DayCount.ACTUAL_365) == actual

    @given(start=days, end=days)
    def test_backwards_is_the_negative_for_actual_days(self, start, end):
        assert days_between(start, end, DayCount.ACTUAL_360) == -days_between(end, start, DayCount.ACTUAL_360)

    @given(start=days, months=st.integers(0, 120), basis=bases.filter(lambda basis: basis.has_30_day_months))
    def test_whole_months_from_a_day_that_every_month_has_are_30_days_each(self, start, months, basis):
        start = start.replace(day=min(start.day, 27))

        assert days_between(start, add_months(start, months), basis) == 30 * months

    @given(start=days, end=days)
    def test_only_the_end_of_the_contract_in_february_sets_the_isda_rule_apart(self, start, end):
        basis = DayCount.THIRTY_E_360_ISDA
        ends_february = end.month == 2 and (end + timedelta(days=1)).month == 3

        difference = days_between(start, end, basis) - days_between(start, end, basis, ends_on=end)

        assert difference == (30 - end.day if ends_february else 0)


class TestYearFraction:
    @pytest.mark.parametrize("case", golden("day_counts_actual"), ids=ids)
    def test_of_the_published_examples(self, case):
        start, end = date.fromisoformat(case["start"]), date.fromisoformat(case["end"])

        found = year_fraction(start, end, DayCount(case["basis"]))

        assert found == exact(case["fractions"])
        assert not case["published"] or round(found, len(case["published"]) - 2) == Decimal(case["published"])

    def test_of_a_leap_year(self):
        start, end = date(2024, 1, 1), date(2025, 1, 1)

        assert year_fraction(start, end, DayCount.THIRTY_360) == 1
        assert year_fraction(start, end, DayCount.ACTUAL_ACTUAL) == 1
        assert year_fraction(start, end, DayCount.ACTUAL_365) == Decimal(366) / 365
        assert year_fraction(start, end, DayCount.ACTUAL_360) == Decimal(366) / 360

    def test_31_december_belongs_to_the_old_year_unless_the_year_turns_there(self):
        start, end = date(2023, 12, 15), date(2024, 1, 15)

        assert year_fraction(start, end, DayCount.ACTUAL_ACTUAL) == exact("17/365 + 14/366")
        assert year_fraction(start, end, DayCount.ACTUAL_ACTUAL_31_DECEMBER) == exact("16/365 + 15/366")

    @given(start=days, end=days)
    def test_the_year_turns_a_day_earlier_where_the_last_day_counts_and_the_first_does_not(self, start, end):
        turned = year_fraction(start, end, DayCount.ACTUAL_ACTUAL_31_DECEMBER)

        assert turned == year_fraction(start + timedelta(days=1), end + timedelta(days=1), DayCount.ACTUAL_ACTUAL)

    @given(start=days, middle=days, end=days, basis=additive)
    def test_adds_up_over_a_date_between(self, start, middle, end, basis):
        start, middle, end = sorted((start, middle, end))

        parts = year_fraction(start, middle, basis) + year_fraction(middle, end, basis)

        assert abs(year_fraction(start, end, basis) - parts) < Decimal("1e-25")

    @given(start=days, end=days, basis=bases)
    def test_of_no_time_is_0_and_a_day_more_is_never_less(self, start, end, basis):
        start, end = sorted((start, end))

        assert year_fraction(start, start, basis) == 0
        assert year_fraction(start, end + timedelta(days=1), basis) >= year_fraction(start, end, basis)

    @given(start=days, end=days, basis=bases.filter(lambda basis: not basis.has_30_day_months))
    def test_backwards_is_the_negative_for_actual_days(self, start, end, basis):
        assert year_fraction(start, end, basis) == -year_fraction(end, start, basis)

    @given(start=days, years=st.integers(0, 40), basis=bases)
    def test_of_whole_calendar_years_is_whole_but_for_a_named_year(self, start, years, basis):
        start = date(start.year, 1, 1)
        end = date(start.year + years, 1, 1)
        leap_days = (end - start).days - 365 * years

        found = year_fraction(start, end, basis)

        if basis is DayCount.ACTUAL_365:
            assert found == years + Decimal(leap_days) / 365
        elif basis is DayCount.ACTUAL_360:
            assert found == Decimal(365 * years + leap_days) / 360
        elif basis is DayCount.ACTUAL_ACTUAL_31_DECEMBER:
            # A day counts in the other year; the part itself is rounded once, at the 28th digit.
            assert abs(found - years) <= exact("1/365 + -1/366") + Decimal("1e-27")
        else:
            assert found == years
