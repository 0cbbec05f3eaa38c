from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.calendars import BusinessDay, adjusted, calendar_of
from dashu.finance.floating import InvalidRateTable, RateTable, RateUnknown, Reprice, repriced
from dashu.policy.rate_table_files import UnknownRateTable, rate_table, rate_tables
from tests.unit.finance.cases import golden

days = st.dates(date(2019, 8, 20), date(2040, 12, 31))
tables = st.sampled_from(["LPR_1Y", "LPR_5Y"]).map(rate_table)


def percent(text: str) -> Decimal:
    return Decimal(text) / 100


class TestLoanPrimeRate:
    @pytest.mark.parametrize("case", golden("lpr"), ids=lambda case: case["day"])
    def test_is_the_published_one(self, case):
        day = date.fromisoformat(case["day"])

        assert rate_table("LPR_1Y").rate_on(day) == percent(case["one_year_pct"])
        assert rate_table("LPR_5Y").rate_on(day) == percent(case["over_five_years_pct"])

    @pytest.mark.parametrize("code", rate_tables())
    def test_changes_on_the_20th_or_the_next_working_day_by_whole_steps_of_5_basis_points(self, code):
        rows = rate_table(code).rows

        assert [day for day, _rate in rows] == [
            adjusted(day.replace(day=20), BusinessDay.FOLLOWING, calendar_of("cn")) for day, _rate in rows
        ]
        assert {rate % Decimal("0.0005") for _day, rate in rows} == {0}

    def test_is_carried_forward_unconfirmed_after_the_latest_publication_looked_up(self):
        table = rate_table("LPR_1Y")

        assert table.rate_on(date(2030, 1, 1)) == table.rows[-1][1]
        assert table.is_confirmed(table.confirmed_through) is True
        assert table.is_confirmed(table.confirmed_through + timedelta(days=1)) is False

    def test_before_its_first_day_is_refused(self):
        with pytest.raises(RateUnknown) as refusal:
            rate_table("LPR_1Y").rate_on(date(2019, 8, 19))

        assert refusal.value.code == "rate_unknown"
        assert refusal.value.field == "disbursed_on"
        assert str(refusal.value) == ("The rate table LPR_1Y starts on 2019-08-20. There is no rate for 2019-08-19.")

    def test_an_unknown_table_is_refused_with_those_there_are(self):
        with pytest.raises(UnknownRateTable) as refusal:
            rate_table("LIBOR")

        assert refusal.value.code == "unknown_rate_table"
        assert str(refusal.value) == "There is no rate table 'LIBOR'. Choose one of: LPR_1Y, LPR_5Y."


class TestRateTable:
    @pytest.mark.parametrize(
        "rows",
        [
            (),
            ((date(2026, 2, 1), Decimal("0.03")), (date(2026, 1, 1), Decimal("0.04"))),
            ((date(2026, 1, 1), Decimal("0.03")), (date(2026, 1, 1), Decimal("0.04"))),
            ((date(2026, 1, 1), Decimal("-0.01")),),
            ((date(2026, 1, 1), Decimal("10.01")),),
        ],
    )
    def test_refuses_rows_that_do_not_say_one_rate_a_day(self, rows):
        with pytest.raises(InvalidRateTable) as refusal:
            RateTable("own", rows)

        assert refusal.value.field == "rate_table"

    def test_of_a_lender_of_its_own_is_confirmed_for_ever(self):
        table = RateTable("own", ((date(2026, 1, 1), Decimal("0.031")),))

        assert table.rate_on(date(2199, 12, 31)) == Decimal("0.031")
        assert table.is_confirmed(date(2199, 12, 31)) is True


class TestRepriced:
    @pytest.mark.parametrize("case", golden("repriced"), ids=lambda case: case["source"].partition(": ")[2])
    def test_of_the_worked_cases(self, case):
        expected = [pair.split() for pair in case["rates_pct"].split("; ")]

        found = repriced(
            rate_table(case["table"]),
            int(case["margin_bps"]),
            Reprice(case["reprice"]),
            date.fromisoformat(case["start"]),
            date.fromisoformat(case["end"]),
            due_dates=[date.fromisoformat(day) for day in case["due_dates"].split()],
            lag_days=int(case["lag_days"]),
        )

        assert found == tuple((date.fromisoformat(day), percent(rate)) for day, rate in expected)

    def test_a_loan_older_than_the_table_is_refused(self):
        with pytest.raises(RateUnknown):
            repriced(rate_table("LPR_1Y"), 100, Reprice.FIXED, date(2019, 8, 20), date(2020, 8, 20), lag_days=1)

    @given(table=tables, margin_bps=st.integers(-500, 2000), reprice=st.sampled_from(Reprice), start=days, end=days)
    def test_starts_with_the_loan_and_lists_only_changes_inside_it(self, table, margin_bps, reprice, start, end):
        dues = [start + timedelta(days=30 * n) for n in range(1, 40)]

        found = repriced(table, margin_bps, reprice, start, end, due_dates=dues)

        changes = [day for day, _rate in found[1:]]
        assert found[0] == (start, max(Decimal(0), table.rate_on(start) + Decimal(margin_bps) / 10_000))
        assert changes == sorted(set(changes))
        assert all(start < day < end for day in changes)
        assert all(earlier[1] != later[1] for earlier, later in pairwise(found))

    @given(table=tables, margin_bps=st.integers(0, 2000), start=days, years=st.integers(1, 20))
    def test_a_margin_is_added_to_every_rate_alike(self, table, margin_bps, start, years):
        end = start + timedelta(days=365 * years)

        plain = repriced(table, 0, Reprice.EACH_JANUARY, start, end)

        assert repriced(table, margin_bps, Reprice.EACH_JANUARY, start, end) == tuple(
            (day, rate + Decimal(margin_bps) / 10_000) for day, rate in plain
        )
