"""A series laid over a rate: which month stands beside which, and how far they moved together."""

from datetime import date
from decimal import Decimal

import pytest

from dashu.insight.domain.laid_over import LEAST_MONTHS, Pair, Together, _interval, laid_over, together
from dashu.kernel.dates import add_months

JANUARY = date(2026, 1, 1)


def months(count: int) -> list[date]:
    return [add_months(JANUARY, number) for number in range(count)]


def pairs(*values: tuple[str, str]) -> list[Pair]:
    return [
        Pair(month, Decimal(rate), Decimal(value)) for month, (rate, value) in zip(months(99), values, strict=False)
    ]


class TestLaidOver:
    def test_each_month_stands_beside_the_series_so_many_months_before(self):
        rates = {month: Decimal(number) for number, month in enumerate(months(3))}
        series = {date(2025, 11, 1): Decimal(7), date(2025, 12, 1): Decimal(8), date(2026, 1, 15): Decimal(9)}

        found = laid_over(rates, series, lag=2)

        assert [(pair.month, pair.rate, pair.value) for pair in found] == [
            (date(2026, 1, 1), 0, 7),
            (date(2026, 2, 1), 1, 8),
            (date(2026, 3, 1), 2, 9),
        ]

    def test_the_latest_value_of_a_month_counts(self):
        series = {date(2026, 1, 20): Decimal(2), date(2026, 1, 5): Decimal(1)}

        (pair,) = laid_over({JANUARY: Decimal(5)}, series, lag=0)

        assert pair.value == 2

    def test_a_month_that_is_missing_on_either_side_stays_a_gap(self):
        found = laid_over({JANUARY: None, date(2026, 2, 1): Decimal(1)}, {JANUARY: Decimal(3)}, lag=0)

        assert [pair.is_known for pair in found] == [False, False]


class TestTogether:
    def test_a_worked_case(self):
        # x = 1, 2, 3, 4, y = 1, 3, 2, 4: the products of the deviations add up to 4, their squares to 5 and 5.
        found = together(pairs(("1", "1"), ("2", "3"), ("3", "2"), ("4", "4")))

        assert (found.months, found.value) == (4, pytest.approx(0.8))
        # atanh 0.8 = 1.0986, less and more 1.96 at 4 months: tanh −0.8614 and tanh 3.0586.
        assert (found.low, found.high) == (pytest.approx(-0.69695, abs=1e-5), pytest.approx(0.99560, abs=1e-5))

    def test_the_interval_is_that_of_fisher(self):
        assert _interval(0.5, 28) == (pytest.approx(0.1560, abs=1e-4), pytest.approx(0.7358, abs=1e-4))

    def test_moving_apart_is_below_zero(self):
        assert together(pairs(("1", "3"), ("2", "2"), ("3", "1"))) == Together(3, pytest.approx(-1.0), None, None)

    def test_nothing_is_said_of_two_months_or_of_a_side_that_does_not_move(self):
        assert together(pairs(("1", "1"), ("2", "2"))) == Together(2, None)
        assert together(pairs(*[("1", str(number)) for number in range(20)])) == Together(20, None)

    def test_gaps_are_left_out_and_not_counted_as_zero(self):
        whole = pairs(("1", "1"), ("2", "3"), ("3", "2"), ("4", "4"))

        found = together([*whole, Pair(date(2027, 1, 1), None, Decimal(100)), Pair(date(2027, 2, 1), Decimal(9), None)])

        assert found == together(whole)

    def test_few_months_conclude_nothing_however_close_they_are(self):
        few = together(pairs(*[(str(number), str(number + number % 2)) for number in range(LEAST_MONTHS - 1)]))
        enough = together(pairs(*[(str(number), str(number + number % 2)) for number in range(LEAST_MONTHS)]))

        assert few.value is not None
        assert few.value > 0.9
        assert (few.is_clear, enough.is_clear) == (False, True)
