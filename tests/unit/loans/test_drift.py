"""Drift of a window against the training: nothing moved, points moved, one fact moved, and too few to say."""

from decimal import Decimal

import pytest

from dashu.kernel.errors import DomainError
from dashu.policy.credit_monitoring import MonitoringRules, monitoring_rules_of
from loans.domain.drift import Expected, drift_of, parse_expected
from loans.domain.scorecards import CategoryBins, Characteristic, NumericBins, Scorecard
from loans.domain.stability import Stability

RULES = MonitoringRules(Decimal("0.10"), Decimal("0.25"), 100, 30, Decimal("0.8"))
WORDS = {"en": "x"}
CARD = Scorecard(
    name="tiny",
    version=1,
    start=500,
    characteristics=(
        Characteristic("months", ("months",), NumericBins((Decimal(12),), (20, 0)), 0, WORDS, WORDS),
        Characteristic("job", ("job",), CategoryBins(((frozenset(["fixed"]), 20),), 0), 0, WORDS, WORDS),
    ),
)
EXPECTED = Expected((510, 530), (25, 50, 25), {"months": (50, 50, 0), "job": (50, 50, 0)})


def window(short_fixed: int, short_unknown: int, long_fixed: int, long_unknown: int) -> list[dict[str, object]]:
    return [
        *[{"months": 6, "job": "fixed"}] * short_fixed,
        *[{"months": 6, "job": None}] * short_unknown,
        *[{"months": 24, "job": "fixed"}] * long_fixed,
        *[{"months": 24, "job": None}] * long_unknown,
    ]


def found(*counts: int) -> dict[str, Stability]:
    return {each.name: each.stability for each in drift_of(CARD, EXPECTED, window(*counts), RULES)}


class TestDrift:
    def test_is_none_where_the_window_is_like_the_training(self):
        drifts = drift_of(CARD, EXPECTED, window(25, 25, 25, 25), RULES)

        assert [(each.name, each.found) for each in drifts] == [
            ("score", (25, 50, 25)),
            ("months", (50, 50, 0)),
            ("job", (50, 50, 0)),
        ]
        assert {each.stability for each in drifts} == {Stability.STABLE}
        assert max(each.index for each in drifts) < 0.001

    def test_shows_which_fact_moved(self):
        assert found(35, 35, 15, 15) == {"score": Stability.STABLE, "months": Stability.WATCH, "job": Stability.STABLE}
        assert found(45, 45, 5, 5) == {"score": Stability.ACT, "months": Stability.ACT, "job": Stability.STABLE}

    def test_shows_two_facts_that_move_against_one_another_under_an_unmoved_score(self):
        moved = found(25, 45, 5, 25)

        assert moved["months"] is Stability.WATCH
        assert moved["job"] is Stability.WATCH
        assert moved["score"] is Stability.STABLE

    def test_says_nothing_of_a_few(self):
        assert drift_of(CARD, EXPECTED, window(25, 25, 25, 24), RULES) == ()

    def test_follows_the_bars_of_the_pack(self):
        patient = MonitoringRules(Decimal("0.5"), Decimal("0.9"), 1, 30, Decimal("0.8"))

        drifts = drift_of(CARD, EXPECTED, window(36, 36, 14, 14), patient)

        assert {each.stability for each in drifts} == {Stability.STABLE}


class TestExpected:
    RAW = {
        "stability": {
            "score": {"edges": [510, 530], "expected": [25, 50, 25], "hold_out_psi": 0.01},
            "characteristics": {"months": {"expected": [50, 50, 0]}, "job": {"expected": [50, 50, 0]}},
        }
    }

    def test_is_read_from_an_artifact(self):
        assert parse_expected(self.RAW) == EXPECTED

    @pytest.mark.parametrize(
        "score",
        [
            {"edges": [530, 510], "expected": [1, 2, 3]},
            {"edges": [510], "expected": [1, 2, 3]},
            {"edges": ["510"], "expected": [1, 2]},
        ],
    )
    def test_that_contradicts_itself_is_refused(self, score):
        with pytest.raises(DomainError):
            parse_expected({"stability": {**self.RAW["stability"], "score": score}})


class TestRules:
    VALUE = {
        "window_days": 90,
        "watch_from": "0.1",
        "act_above": "0.25",
        "least_applications": 200,
        "least_group": 30,
        "least_impact_ratio": "0.8",
    }

    @pytest.mark.parametrize(
        "change",
        [
            {"watch_from": "0.3"},
            {"least_impact_ratio": "1.1"},
            {"least_group": 0},
            {"act_above": 0.25},
            {"window_days": 0},
        ],
    )
    def test_that_contradict_themselves_are_refused(self, change):
        assert monitoring_rules_of(self.VALUE).least_group == 30
        with pytest.raises(ValueError):
            monitoring_rules_of({**self.VALUE, **change})
