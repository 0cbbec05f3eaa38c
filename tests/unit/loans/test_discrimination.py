"""The worked example of the domain notes: bads/goods of four groups, from the worst to the best."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.domain.discrimination import (
    Counts,
    Scaling,
    area_under_curve,
    gini,
    information_value,
    kolmogorov_smirnov,
    weights_of_evidence,
)

# Age is the example of the arithmetic only: no scorecard has it.
GROUPS = [Counts(380, 120), Counts(900, 100), Counts(1_140, 60), Counts(580, 20)]

counts = st.builds(Counts, st.integers(0, 500), st.integers(0, 500))


class TestWorkedExample:
    def test_weights_of_evidence(self):
        assert [round(weight, 4) for weight in weights_of_evidence(GROUPS)] == [-1.1499, -0.1054, 0.6419, 1.0647]

    @pytest.mark.parametrize(
        ("measure", "expected"),
        [(information_value, 0.5682), (kolmogorov_smirnov, 0.3067), (area_under_curve, 0.6989), (gini, 0.3978)],
    )
    def test_measures(self, measure, expected):
        assert round(measure(GROUPS), 4) == expected


class TestScaling:
    def test_factor_and_offset_at_odds_of_50_to_1(self):
        assert (round(Scaling().factor, 4), round(Scaling().offset, 4)) == (28.8539, 487.1229)

    def test_offset_at_odds_of_60_to_1(self):
        assert round(Scaling(odds=60).offset, 2) == 481.86

    def test_twenty_points_double_the_odds(self):
        good, better = Scaling().bad_rate(600), Scaling().bad_rate(620)

        assert good == pytest.approx(1 / 51)
        assert better == pytest.approx(1 / 101)


class TestMeasures:
    def test_a_group_without_bad_loans_stays_finite(self):
        worse, better = weights_of_evidence([Counts(50, 50), Counts(50, 0)])

        assert worse < 0 < better < 10

    @given(st.lists(counts, min_size=1, max_size=8).filter(lambda all_: any(c.good for c in all_)), counts)
    def test_stay_in_their_ranges(self, groups, more):
        groups = [*groups, Counts(more.good, more.bad + 1)]

        assert 0 <= area_under_curve(groups) <= 1
        assert 0 <= kolmogorov_smirnov(groups) <= 1 + 1e-9
        assert area_under_curve(groups) + area_under_curve(groups[::-1]) == pytest.approx(1)
