"""Until when a claim can be enforced: from the due date, begun anew by demands, promises and payments in time."""

from datetime import date

import pytest

from collections_mgmt.domain.limitation import runs_out_on

DUE = date(2020, 3, 15)


class TestRunsOutOn:
    def test_is_three_years_after_the_due_date(self):
        assert runs_out_on(DUE, [], months=36) == date(2023, 3, 15)

    def test_begins_anew_with_whatever_comes_in_time(self):
        assert runs_out_on(DUE, [date(2021, 6, 1)], months=36) == date(2024, 6, 1)

    def test_counts_a_demand_on_the_last_day(self):
        assert runs_out_on(DUE, [date(2023, 3, 15)], months=36) == date(2026, 3, 15)

    def test_begins_nothing_anew_a_day_later(self):
        assert runs_out_on(DUE, [date(2023, 3, 16)], months=36) == date(2023, 3, 15)

    def test_goes_from_one_to_the_next_in_any_order(self):
        days = [date(2025, 1, 1), date(2022, 1, 1), date(2024, 12, 31)]

        assert runs_out_on(DUE, days, months=36) == date(2028, 1, 1)

    def test_stops_at_the_first_gap_that_is_too_long(self):
        days = [date(2022, 1, 1), date(2025, 1, 2), date(2025, 6, 1)]

        assert runs_out_on(DUE, days, months=36) == date(2025, 1, 1)

    def test_is_not_shortened_by_what_came_before_the_due_date(self):
        assert runs_out_on(DUE, [date(2019, 1, 1)], months=36) == date(2023, 3, 15)

    @pytest.mark.parametrize(
        ("due", "last"), [(date(2020, 2, 29), date(2023, 2, 28)), (date(2021, 8, 31), date(2024, 8, 31))]
    )
    def test_ends_on_the_last_day_of_a_month_that_is_shorter(self, due, last):
        assert runs_out_on(due, [], months=36) == last
