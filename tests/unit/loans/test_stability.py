"""The two worked examples of the domain notes, and the bars at 0.10 and 0.25."""

import pytest

from loans.domain.stability import Stability, population_stability, stability_of

EXPECTED = [0.10, 0.20, 0.40, 0.20, 0.10]


class TestPopulationStability:
    @pytest.mark.parametrize(
        ("actual", "index", "label"),
        [
            ([0.14, 0.24, 0.36, 0.17, 0.09], 0.0309, Stability.STABLE),
            ([0.22, 0.28, 0.30, 0.13, 0.07], 0.1912, Stability.WATCH),
        ],
    )
    def test_worked_examples(self, actual, index, label):
        found = population_stability(EXPECTED, actual)

        assert round(found, 4) == index
        assert stability_of(found) is label

    def test_equal_distributions_have_none_whether_counted_or_shared(self):
        assert population_stability(EXPECTED, [10, 20, 40, 20, 10]) == pytest.approx(0)

    def test_an_empty_bin_is_large_and_finite(self):
        assert stability_of(population_stability([50, 50], [100, 0])) is Stability.ACT

    @pytest.mark.parametrize(
        ("index", "label"),
        [(0.0999, Stability.STABLE), (0.10, Stability.WATCH), (0.25, Stability.WATCH), (0.2501, Stability.ACT)],
    )
    def test_bars(self, index, label):
        assert stability_of(index) is label
