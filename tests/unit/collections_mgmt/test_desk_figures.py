"""How counts become rates, and which month is complete."""

from datetime import date
from decimal import Decimal

from collections_mgmt.domain.desk_figures import month_end_up_to, month_ends_up_to, per_thousand, share_of


class TestShareOf:
    def test_is_rounded_half_up_to_four_decimals(self):
        assert share_of(1, 3) == Decimal("0.3333")
        assert share_of(2, 3) == Decimal("0.6667")
        assert share_of(1, 20_000) == Decimal("0.0001")

    def test_is_none_where_there_is_nothing_to_divide_by(self):
        assert share_of(0, 0) is None
        assert share_of(0, 5) == Decimal(0)


class TestPerThousand:
    def test_has_two_decimals(self):
        assert per_thousand(2, 3) == Decimal("666.67")
        assert per_thousand(1, 8) == Decimal("125.00")

    def test_is_none_where_nobody_was_contacted(self):
        assert per_thousand(3, 0) is None


class TestMonths:
    def test_a_month_is_complete_on_its_last_day(self):
        assert month_end_up_to(date(2026, 2, 28)) == date(2026, 2, 28)
        assert month_end_up_to(date(2026, 2, 27)) == date(2026, 1, 31)
        assert month_end_up_to(date(2026, 1, 1)) == date(2025, 12, 31)

    def test_the_latest_come_last(self):
        assert month_ends_up_to(date(2026, 3, 5), 3) == [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]
