import pytest

from collections_mgmt.domain.segments import Point, Response, capacity_of, points_of, readiness_of
from dashu.policy.strategies import CapacityRule, ReadinessRule, strategies_of

CAPACITY = CapacityRule(told_days=180, able_from_bps=10_000)
READINESS = ReadinessRule(
    days=90, opened=1, kept=3, broken=-2, paid=2, most=3, some_from=1, high_from=4, day_from=8, day_to=22
)
PACK = {
    "capacity": {"told_days": 180, "able_from_bps": 10_000},
    "readiness": {name: getattr(READINESS, name) for name in READINESS.__slots__},
    "trial": {"window_days": 30, "least_people": 50, "most_share_bps": 5_000},
}


@pytest.mark.parametrize(
    ("left", "expected"),
    [(None, "UNKNOWN"), (-1, "NONE"), (0, "NONE"), (1, "TIGHT"), (999_99, "TIGHT"), (1_000_00, "ABLE")],
)
def test_capacity_holds_what_is_left_against_a_months_due(left, expected):
    assert capacity_of(surplus_minor=left, asked_minor=1_000_00, rule=CAPACITY) == expected


class TestReadiness:
    def test_is_a_sum_of_points_each_counted_a_few_times(self):
        response = Response(opened=9, kept=0, broken=1, paid=0)

        assert points_of(response, READINESS) == [Point("opened", 9, 3), Point("broken", 1, -2)]
        assert readiness_of(response, READINESS) == "SOME"

    @pytest.mark.parametrize(
        ("response", "expected"),
        [
            (Response(0, 0, 0, 0), "LOW"),
            (Response(1, 0, 1, 0), "LOW"),
            (Response(1, 0, 0, 0), "SOME"),
            (Response(0, 1, 0, 0), "SOME"),
            (Response(1, 1, 0, 0), "HIGH"),
            (Response(0, 0, 0, 2), "HIGH"),
        ],
    )
    def test_has_three_bands(self, response, expected):
        assert readiness_of(response, READINESS) == expected


class TestPack:
    def test_is_read(self):
        rules = strategies_of(PACK)

        assert (rules.capacity, rules.readiness, rules.trial.least_people) == (CAPACITY, READINESS, 50)

    @pytest.mark.parametrize(
        ("part", "name", "value"),
        [
            ("readiness", "days", 400),
            ("readiness", "high_from", 1),
            ("readiness", "day_to", 25),
            ("trial", "least_people", 9),
            ("trial", "most_share_bps", 5_001),
            ("trial", "window_days", 0),
        ],
    )
    def test_refuses_what_makes_no_sense(self, part, name, value):
        with pytest.raises(ValueError, match="not"):
            strategies_of({**PACK, part: {**PACK[part], name: value}})
