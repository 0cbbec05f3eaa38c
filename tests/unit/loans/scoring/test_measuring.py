"""Figures of scored applicants: exact on an example, and the same for the same seed."""

import numpy as np

from loans.domain.discrimination import Scaling
from loans.scoring.measuring import Outcomes, calibration, draws_of, fairness, metrics

# The worked example of the domain notes, its groups at 400, 500, 600 and 700 points.
GROUPS = [(380, 120), (900, 100), (1_140, 60), (580, 20)]
OUTCOMES = Outcomes(
    np.repeat([1, 1, 2, 2, 3, 3, 4, 4], [count for group in GROUPS for count in group]) * 100 + 300,
    np.repeat([True, False] * 4, [count for group in GROUPS for count in group]),
)


class TestMetrics:
    def test_are_those_of_the_worked_example_and_lie_in_their_intervals(self):
        found = metrics(OUTCOMES, Scaling(), draws_of(len(OUTCOMES.points), 40, seed=7))

        assert [found[name]["value"] for name in ("auc", "gini", "ks")] == [0.6989, 0.3978, 0.3067]
        assert all(each["interval"][0] < each["value"] < each["interval"][1] for each in found.values())

    def test_are_the_same_for_the_same_seed_and_differ_for_another(self):
        first, again, other = (metrics(OUTCOMES, Scaling(), draws_of(3_300, 20, seed)) for seed in (7, 7, 8))

        assert first == again
        assert first != other


class TestCalibration:
    def test_holds_the_promise_against_what_came(self):
        low, high = calibration(OUTCOMES, Scaling(), [600], [])

        assert (low["rows"], low["from"], low["below"]) == (1_500, None, 600)
        assert low["bad_rate"]["value"] == round(220 / 1_500, 4)
        assert (high["rows"], high["from"], high["below"]) == (1_800, 600, None)


class TestFairness:
    def test_compares_each_group_with_the_one_approved_most(self):
        groups = np.where(np.arange(3_300) < 500, "a", "b").tolist()

        (a, b) = fairness(OUTCOMES, Scaling(), {"part": groups}, 600, [])["part"]

        assert (a["rows"], a["approval_rate"]["value"], a["mean_points"]) == (500, 0.0, 400.0)
        assert (b["rows"], b["approval_rate"]["value"]) == (2_800, round(1_800 / 2_800, 4))
        assert (a["adverse_impact_ratio"], b["adverse_impact_ratio"]) == (0.0, 1.0)

    def test_holds_the_promise_of_a_group_against_what_came(self):
        (found,) = fairness(OUTCOMES, Scaling(), {"part": ["a"] * 3_300}, 600, draws_of(3_300, 20, seed=7))["part"]

        assert found["bad_rate"]["value"] == round(300 / 3_300, 4)
        assert found["bad_rate"]["interval"][1] < found["expected_bad_rate"]
