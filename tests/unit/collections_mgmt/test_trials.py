from dataclasses import replace

import pytest

from collections_mgmt.domain.trials import Arm, Goal, Trial
from dashu.kernel.shares import Share

NOTHING = Arm(*[0] * 13)


def arm(people: int = 80, **counts: int) -> Arm:
    return replace(NOTHING, people=people, through=people, **counts)


class TestComparing:
    def test_is_newcombes_interval_of_the_two_sides(self):
        trial = Trial(arm(70, cured=56), arm(80, cured=48), least=50)

        found = trial.compared(Goal.CURED)
        assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
        assert trial.harm is None

    def test_says_nothing_of_few_people(self):
        assert Trial(arm(49, cured=49), arm(80), least=50).compared(Goal.CURED) is None

    def test_says_nothing_of_promises_because_nobody_was_drawn_for_them(self):
        sides = arm(kept=70, decided=80), arm(kept=10, decided=80)

        assert Trial(*sides, least=50).compared(Goal.KEPT) is None
        assert sides[0].share(Goal.KEPT) == Share(70, 80)

    def test_counts_cures_of_those_whose_window_is_over(self):
        assert replace(arm(cured=3), through=10).share(Goal.CURED) == Share(3, 10)


class TestHarm:
    def test_is_fewer_cures_with_the_whole_interval_below(self):
        assert Trial(arm(80, cured=48), arm(70, cured=56), least=50).harm is Goal.CURED

    def test_is_more_complaints_with_the_whole_interval_above(self):
        assert Trial(arm(complained=20, cured=60), arm(complained=2, cured=40), least=50).harm is Goal.COMPLAINED

    def test_is_not_what_chance_can_be(self):
        assert Trial(arm(cured=38, complained=2), arm(cured=42, complained=1), least=50).harm is None
