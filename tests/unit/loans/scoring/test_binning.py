"""Monotone ranges and groups that are large enough, whatever the numbers are."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loans.scoring.binning import MOST_BINS, groups_of, ranges_of
from loans.scoring.mapping import Better


def rate(counts):
    return counts.good / (counts.good + counts.bad)


rows = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=40, max_size=300).filter(
    lambda found: 0 < sum(good for _number, good in found) < len(found)
)


class TestRanges:
    @settings(max_examples=50)
    @given(rows, st.sampled_from(list(Better)))
    def test_are_monotone_the_declared_way_and_lose_nobody(self, found, better):
        values, good = [Decimal(number) for number, _good in found], [good for _number, good in found]

        ranges = ranges_of(values, good, len(values), better)

        rates = [rate(counts) for counts in ranges.counts]
        assert rates == sorted(rates, reverse=better is Better.LOWER)
        assert list(ranges.edges) == sorted(set(ranges.edges))
        assert len(ranges.counts) == len(ranges.edges) + 1 <= MOST_BINS
        assert sum(counts.good for counts in ranges.counts) == sum(good)
        if len(ranges.counts) > 1:
            assert min(counts.good + counts.bad for counts in ranges.counts) >= 0.05 * len(values)

    def test_find_a_step_and_cut_at_a_round_number(self):
        values = [Decimal(number) / 7 for number in range(700)]
        good = [number % 10 < (3 if value < 50 else 8) for number, value in enumerate(values)]

        ranges = ranges_of(values, good, 700, None)

        assert ranges.edges == (Decimal(50),)

    def test_an_order_against_the_declared_one_leaves_one_range(self):
        values = [Decimal(number) for number in range(200)]
        good = [number % 4 != 0 if number < 100 else number % 4 == 0 for number in range(200)]

        assert len(ranges_of(values, good, 200, Better.HIGHER).counts) == 1
        assert len(ranges_of(values, good, 200, Better.LOWER).counts) > 1

    def test_numbers_without_limit_lie_in_the_last_range(self):
        values = [*(Decimal(number) for number in range(100)), *[Decimal("Infinity")] * 100]
        good = [*([True, True, True, False] * 25), *([True, False, False, False] * 25)]

        ranges = ranges_of(values, good, 200, Better.LOWER)

        assert all(edge.is_finite() for edge in ranges.edges)
        assert ranges.counts[-1].bad >= 75


class TestGroups:
    def test_small_categories_join_the_one_they_resemble(self):
        outcome = {"a": (80, 20), "b": (40, 60), "rare": (2, 1)}
        found = [
            (name, good) for name, counts in outcome.items() for good in (True, False) for _ in range(counts[not good])
        ]

        groups = groups_of([name for name, _good in found], [good for _name, good in found], len(found))

        assert groups.values == (("b",), ("a", "rare"))

    @settings(max_examples=50)
    @given(rows)
    def test_run_from_the_worst_to_the_best_and_name_each_category_once(self, found):
        groups = groups_of([str(number % 12) for number, _good in found], [good for _number, good in found], len(found))

        names = [name for values in groups.values for name in values]
        assert sorted(names) == sorted({str(number % 12) for number, _good in found})
        assert all(rate(worse) <= rate(better) for worse, better in pairwise(groups.counts))


class TestTies:
    @pytest.mark.parametrize("better", [None, Better.HIGHER])
    def test_one_value_is_one_range(self, better):
        ranges = ranges_of([Decimal(3)] * 50, [True, False] * 25, 50, better)

        assert (ranges.edges, len(ranges.counts)) == ((), 1)
