"""Matrices and forecasts against examples worked by hand."""

from datetime import date
from decimal import Decimal

from dashu.insight.domain.forecast import Tried, back_test, chain_of, forecast, mean_off, summed
from dashu.insight.domain.transitions import Flow, arrivals, rates, standing, started, together

# In a month 80 of 100 loans in time stay so, 20 fall behind; of 10 behind, 5 come back, 4 stay, 1 is written off.
MONTH = {
    ("CURRENT", "CURRENT"): Flow(80, 8_000, 7_200),
    ("CURRENT", "M1"): Flow(20, 2_000, 2_000),
    ("M1", "CURRENT"): Flow(5, 500, 450),
    ("M1", "M1"): Flow(4, 400, 400),
    ("M1", "WRITTEN_OFF"): Flow(1, 100, 100),
    ("NEW", "CURRENT"): Flow(10, 0, 1_000),
}
JANUARY, FEBRUARY, MARCH, APRIL, MAY = (date(2026, month, 1) for month in range(1, 6))


class TestRates:
    def test_by_loans_are_parts_of_those_that_began_there_and_add_up_to_one(self):
        found = rates(MONTH, by_balance=False)

        assert found["CURRENT"] == {"CURRENT": Decimal("0.8"), "M1": Decimal("0.2")}
        assert found["M1"] == {"CURRENT": Decimal("0.5"), "M1": Decimal("0.4"), "WRITTEN_OFF": Decimal("0.1")}
        assert {sum(line.values()) for line in found.values()} == {1}

    def test_by_balance_are_principal_at_the_end_of_principal_at_the_beginning(self):
        found = rates(MONTH, by_balance=True)

        assert found["CURRENT"] == {"CURRENT": Decimal("0.72"), "M1": Decimal("0.2")}
        assert found["M1"]["CURRENT"] == Decimal("0.45")
        assert "NEW" not in found

    def test_of_two_months_weigh_by_what_each_held(self):
        other = {("CURRENT", "CURRENT"): Flow(290, 0, 0), ("CURRENT", "M1"): Flow(10, 0, 0)}

        found = rates(together([MONTH, other]), by_balance=False)

        assert found["CURRENT"] == {"CURRENT": Decimal("0.925"), "M1": Decimal("0.075")}

    def test_of_a_bucket_in_which_nothing_began_are_not_there(self):
        assert rates({("M1", "M1"): Flow(1, 0, 5)}, by_balance=True) == {}


class TestStanding:
    def test_is_what_runs_at_the_end(self):
        assert standing(MONTH, by_balance=False) == {"CURRENT": 95, "M1": 24}
        assert standing(MONTH, by_balance=True) == {"CURRENT": 8_650, "M1": 2_400}

    def test_arrivals_are_new_loans_and_those_that_came_back(self):
        back = {**MONTH, ("SETTLED", "M1"): Flow(1, 0, 70)}

        assert arrivals(back, by_balance=True) == {"CURRENT": 1_000, "M1": 70}

    def test_started_counts_all_that_left_a_bucket(self):
        assert started(MONTH, "M1") == Flow(10, 1_000, 950)


class TestForecast:
    def test_moves_each_bucket_by_the_rates_and_adds_what_arrives(self):
        first, second = forecast([MONTH] * 3, steps=2, by_balance=False)

        # 95 × 0.8 + 24 × 0.5 + 10 new = 98; 95 × 0.2 + 24 × 0.4 = 28.6
        assert first == {"CURRENT": Decimal(98), "M1": Decimal("28.6")}
        # 98 × 0.8 + 28.6 × 0.5 + 10 = 102.7; 98 × 0.2 + 28.6 × 0.4 = 31.04
        assert second == {"CURRENT": Decimal("102.7"), "M1": Decimal("31.04")}
        assert (summed(second), summed(second, frozenset({"M1"}))) == (134, 31)

    def test_is_not_made_from_too_little(self):
        assert forecast([MONTH, MONTH], steps=6, by_balance=False) == []

    def test_leaves_where_it_stands_what_nobody_was_seen_to_leave(self):
        chain = chain_of([MONTH], by_balance=False)

        assert chain.after({"M7": Decimal(3)}) == {"CURRENT": Decimal(10), "M7": Decimal(3)}


class TestBackTest:
    def test_compares_each_forecast_with_what_came(self):
        april = {("CURRENT", "CURRENT"): Flow(70), ("CURRENT", "M1"): Flow(25), ("M1", "M1"): Flow(15)}
        months = [(JANUARY, MONTH), (FEBRUARY, MONTH), (MARCH, MONTH), (APRIL, april)]

        tried = back_test(months, of=frozenset({"M1"}), averaged=3, steps=6, by_balance=False)

        # Made at the end of March: 28.6 behind were foretold for April, and 40 came.
        assert tried == [Tried(MARCH, 1, 29, 40)]
        assert tried[0].error == -11
        assert mean_off(tried) == Decimal("0.275")

    def test_knows_only_what_was_known_then(self):
        late = {("CURRENT", "M1"): Flow(100)}
        months = [(JANUARY, MONTH), (FEBRUARY, MONTH), (MARCH, MONTH), (APRIL, MONTH), (MAY, late)]

        tried = back_test(months, of=frozenset({"M1"}), averaged=3, steps=6, by_balance=False)

        assert [(each.made, each.ahead, each.foretold) for each in tried] == [
            (MARCH, 1, 29),
            (MARCH, 2, 31),
            (APRIL, 1, 29),
        ]

    def test_makes_no_forecast_from_fewer_months_than_are_averaged(self):
        months = [(month, MONTH) for month in (JANUARY, FEBRUARY, MARCH, APRIL, MAY)]

        tried = back_test(months, of=frozenset({"M1"}), averaged=4, steps=6, by_balance=False)

        assert [(each.made, each.ahead) for each in tried] == [(APRIL, 1)]

    def test_makes_no_forecast_over_a_gap(self):
        months = [(JANUARY, MONTH), (FEBRUARY, MONTH), (APRIL, MONTH), (MAY, MONTH)]

        assert back_test(months, of=frozenset({"M1"}), averaged=3, steps=6, by_balance=False) == []

    def test_has_no_mean_where_nothing_ever_came(self):
        assert mean_off([Tried(MARCH, 1, 5, 0)]) is None
