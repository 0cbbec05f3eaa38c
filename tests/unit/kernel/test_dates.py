from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.kernel import dates
from dashu.kernel.dates import LENDER_ZONE, DateOutOfRange, InvalidDate, add_months, lender_today, parse_date


class TestAddMonths:
    def test_keeps_day_31_where_a_month_has_it(self):
        start = date(2026, 1, 31)

        assert [add_months(start, n) for n in range(4)] == [
            date(2026, 1, 31),
            date(2026, 2, 28),
            date(2026, 3, 31),
            date(2026, 4, 30),
        ]

    def test_29_february_exists_in_leap_years_only(self):
        assert [add_months(date(2024, 2, 29), 12 * n) for n in range(5)] == [
            date(2024, 2, 29),
            date(2025, 2, 28),
            date(2026, 2, 28),
            date(2027, 2, 28),
            date(2028, 2, 29),
        ]

    def test_aims_at_another_day_when_told(self):
        assert add_months(date(2026, 1, 15), 1, day=31) == date(2026, 2, 28)
        assert add_months(date(2026, 1, 15), 2, day=5) == date(2026, 3, 5)

    def test_counts_back(self):
        assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
        assert add_months(date(2026, 1, 15), -13) == date(2024, 12, 15)

    @pytest.mark.parametrize(("anchor", "months"), [(date(9999, 12, 31), 1), (date(1, 1, 1), -1)])
    def test_refuses_what_lies_beyond_the_years_there_are(self, anchor, months):
        with pytest.raises(DateOutOfRange):
            add_months(anchor, months)

    def test_reaches_the_last_year(self):
        assert add_months(date(9999, 11, 30), 1) == date(9999, 12, 30)

    @given(anchor=st.dates(date(1970, 1, 1), date(2100, 12, 31)), months=st.integers(0, 600))
    def test_lands_in_the_right_month_on_the_day_or_the_last_one(self, anchor, months):
        found = add_months(anchor, months)

        assert (found.year * 12 + found.month) - (anchor.year * 12 + anchor.month) == months
        assert found.day == anchor.day or (found.day < anchor.day and (found.toordinal() + 1, 1) == _next_day(found))


def _next_day(day: date) -> tuple[int, int]:
    following = date.fromordinal(day.toordinal() + 1)
    return following.toordinal(), following.day


class TestParseDate:
    def test_reads_iso(self):
        assert parse_date("2024-02-29", field="on") == date(2024, 2, 29)

    @pytest.mark.parametrize(
        "given",
        [
            *["2025-02-29", "2026-13-01", "20260131", "2026-1-31", "31.01.2026", "2026-01-31T00:00", "", "tomorrow"],
            *["1969-12-31", "2200-01-01", "0000-00-00", None, 20260131, 5.5, date(2026, 1, 31), "２０２６-01-31"],
        ],
    )
    def test_refuses_everything_else_and_names_the_field(self, given):
        with pytest.raises(InvalidDate, match="is not a date") as refusal:
            parse_date(given, field="due_on")

        assert (refusal.value.code, refusal.value.field) == ("invalid_date", "due_on")


class TestLenderToday:
    def test_is_the_day_in_the_lenders_zone(self, monkeypatch):
        late = datetime(2026, 1, 1, 0, 30, tzinfo=LENDER_ZONE)
        monkeypatch.setattr(dates, "lender_now", lambda: late)

        assert lender_today() == date(2026, 1, 1)
        assert LENDER_ZONE.key == "Asia/Shanghai"
