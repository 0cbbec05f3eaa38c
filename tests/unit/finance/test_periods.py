from datetime import date
from decimal import Decimal

import pytest

from dashu.finance.periods import DueRule, Period


class TestDueDates:
    def test_31_january_then_28_february_then_31_march(self):
        rule = DueRule(Period.MONTH)

        assert rule.due_dates(date(2026, 1, 31), 4) == [
            date(2026, 2, 28),
            date(2026, 3, 31),
            date(2026, 4, 30),
            date(2026, 5, 31),
        ]

    def test_from_29_february(self):
        assert DueRule(Period.MONTH, every=12).due_dates(date(2024, 2, 29), 4) == [
            date(2025, 2, 28),
            date(2026, 2, 28),
            date(2027, 2, 28),
            date(2028, 2, 29),
        ]

    def test_a_due_day_is_kept_where_a_month_has_it(self):
        assert DueRule(Period.MONTH, due_day=30).due_dates(date(2026, 1, 10), 3) == [
            date(2026, 2, 28),
            date(2026, 3, 30),
            date(2026, 4, 30),
        ]

    def test_counts_from_the_first_due_date(self):
        rule = DueRule(Period.MONTH, first_due_on=date(2026, 2, 28), due_day=31)

        assert rule.due_dates(date(2026, 1, 10), 3) == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
        assert rule.is_consistent is True

    def test_weeks_and_days(self):
        assert DueRule(Period.WEEK, every=2).due_dates(date(2026, 1, 1), 2) == [date(2026, 1, 15), date(2026, 1, 29)]
        assert DueRule(Period.DAY, every=10).due_dates(date(2026, 1, 1), 2) == [date(2026, 1, 11), date(2026, 1, 21)]

    def test_a_first_due_date_off_the_due_day_is_inconsistent(self):
        assert DueRule(Period.MONTH, first_due_on=date(2026, 2, 15), due_day=20).is_consistent is False


class TestFirstPeriod:
    @pytest.mark.parametrize(
        ("rule", "periods"),
        [
            (DueRule(Period.MONTH), "1"),
            (DueRule(Period.MONTH, first_due_on=date(2026, 2, 15)), "1"),
            (DueRule(Period.MONTH, first_due_on=date(2026, 3, 15)), "2"),
            (DueRule(Period.MONTH, first_due_on=date(2026, 1, 30)), "0.5"),
            (DueRule(Period.MONTH, due_day=25), "1.333333"),
            (DueRule(Period.WEEK, first_due_on=date(2026, 1, 29)), "2"),
            (DueRule(Period.WEEK, every=2, first_due_on=date(2026, 1, 22)), "0.5"),
            (DueRule(Period.DAY, every=10, first_due_on=date(2026, 1, 30)), "1.5"),
        ],
    )
    def test_counts_whole_periods_back_and_the_rest_in_days(self, rule, periods):
        assert round(rule.first_period(date(2026, 1, 15)), 6) == Decimal(periods)

    def test_of_the_examples_in_regulation_z(self):
        """Appendix J (c)(1)(ii) and (iii): 1 month and 19 days, 4 weeks and 4 days."""
        monthly = DueRule(Period.MONTH, first_due_on=date(1978, 4, 1))
        weekly = DueRule(Period.WEEK, first_due_on=date(1978, 4, 21))

        assert monthly.first_period(date(1978, 2, 10)) == 1 + Decimal(19) / 30
        assert weekly.first_period(date(1978, 3, 20)) == 4 + Decimal(4) / 7


class TestPeriodsAYear:
    def test_by_convention(self):
        assert [DueRule(period).a_year for period in Period] == [12, 52, 365]
        assert DueRule(Period.MONTH, every=5).a_year == Decimal("2.4")
        assert DueRule(Period.MONTH, every=24).a_year == Decimal("0.5")
