"""The effect by its worked cases, and by simulation: none is found where there is none, and a planted one is."""

from random import Random

import pytest

from dashu.kernel.shares import Share
from education.domain.effect import (
    MOST_APART,
    Measured,
    Part,
    Verdict,
    apart,
    detectable,
    drawn_as_said,
    judged,
    of_reading,
)


def part(rng: Random, total: int, *, base: float, opens: float, by_reading: float) -> Part:
    """People who pay in time with the chance `base`, and `by_reading` more if they read, which `opens` of them do."""
    in_time = opened = both = 0
    for _person in range(total):
        reads = rng.random() < opens
        pays = rng.random() < base + (by_reading if reads else 0)
        in_time, opened, both = in_time + pays, opened + reads, both + (pays and reads)
    return Part(total, in_time, opened, both)


def trial(seed: int, *, by_reading: float, people: int = 800, base: float = 0.6):
    rng = Random(seed)
    encouraged = part(rng, people, base=base, opens=0.4, by_reading=by_reading)
    held_out = part(rng, people // 4, base=base, opens=0.05, by_reading=by_reading)
    return judged(encouraged, held_out, least=50)


class TestSimulation:
    TRIALS = 1000

    @pytest.mark.parametrize("base", [0.6, 0.93])
    def test_without_an_effect_the_interval_holds_none_19_times_of_20(self, base):
        found = [trial(seed, by_reading=0.0, base=base) for seed in range(self.TRIALS)]

        covered = sum(each.effect.low <= 0 <= each.effect.high for each in found) / self.TRIALS

        assert 0.93 <= covered <= 0.97

    def test_without_an_effect_that_of_reading_holds_none_19_times_of_20(self):
        found = [trial(seed, by_reading=0.0).of_reading for seed in range(self.TRIALS)]

        covered = sum(each.low <= 0 <= each.high for each in found) / self.TRIALS

        assert 0.93 <= covered <= 0.975

    def test_a_planted_effect_is_found_and_its_size_lies_within_the_interval(self):
        planted, people = 0.3, 4000
        found = [trial(seed, by_reading=planted, people=people, base=0.5) for seed in range(200)]

        assert sum(each.verdict is Verdict.HELPS for each in found) >= 190
        of_all = planted * (0.4 - 0.05)
        assert 0.92 <= sum(each.effect.low <= of_all <= each.effect.high for each in found) / 200 <= 0.98
        assert 0.92 <= sum(each.of_reading.low <= planted <= each.of_reading.high for each in found) / 200 <= 0.985
        assert sum(each.of_reading.value for each in found) / 200 == pytest.approx(planted, abs=0.02)

    def test_a_planted_harm_is_called_one(self):
        found = [trial(seed, by_reading=-0.3, people=4000, base=0.7) for seed in range(50)]

        assert {each.verdict for each in found} == {Verdict.HARMS}

    def test_an_effect_as_small_as_detectable_is_found_four_times_of_five(self):
        people, base = 1000, 0.5
        smallest = detectable(people, Share(500, 1000))
        seen = 0
        for seed in range(400):
            rng = Random(seed)
            encouraged = part(rng, people, base=base + smallest, opens=0.0, by_reading=0.0)
            held_out = part(rng, people, base=base, opens=0.0, by_reading=0.0)
            seen += judged(encouraged, held_out, least=50).verdict is Verdict.HELPS

        assert 0.74 <= seen / 400 <= 0.86


class TestJudged:
    def test_too_few_say_nothing_whatever_they_did(self):
        found = judged(Part(400, 400, 0, 0), Part(49, 0, 0, 0), least=50)

        assert found.verdict is Verdict.TOO_FEW

    def test_nobody_in_a_part_has_no_effect_at_all(self):
        found = judged(Part(400, 300, 10, 10), Part(0, 0, 0, 0), least=50)

        assert (found.verdict, found.effect, found.of_reading, found.detectable) == (Verdict.TOO_FEW, None, None, None)

    def test_the_effect_is_newcombes(self):
        found = judged(Part(70, 56, 0, 0), Part(80, 48, 0, 0), least=50)

        assert (found.effect.value, found.effect.low, found.effect.high) == pytest.approx(
            (0.2, 0.0524, 0.3339), abs=1e-4
        )
        assert found.verdict is Verdict.HELPS


class TestOfReading:
    def test_is_the_effect_by_the_share_that_read(self):
        found = of_reading(Part(200, 160, 100, 80), Part(200, 150, 0, 0))

        assert found.value == pytest.approx(0.1)
        # Var(paid) 0.0008+0.0009375, Var(read) 0.00125, covariance 0: by hand.
        assert found.high - found.value == pytest.approx(1.959964 * (0.0017375 + 0.01 * 0.00125) ** 0.5 / 0.5)

    @pytest.mark.parametrize(
        ("encouraged", "held_out"),
        [
            (Part(200, 160, 0, 0), Part(200, 150, 0, 0)),
            (Part(200, 160, 8, 8), Part(200, 150, 2, 2)),
            (Part(200, 160, 10, 10), Part(200, 150, 60, 40)),
        ],
    )
    def test_cannot_be_said_where_the_draw_moved_too_few(self, encouraged, held_out):
        assert of_reading(encouraged, held_out) is None


class TestDraw:
    def test_parts_that_are_alike_lie_close(self):
        assert apart(Measured(10, 4), Measured(10.2, 4)) == pytest.approx(-0.05)
        assert abs(apart(Measured(10, 4), Measured(11, 4))) > MOST_APART
        assert apart(Measured(3, 0), Measured(3, 0)) == 0

    def test_as_many_are_held_out_as_was_said_but_for_chance(self):
        assert drawn_as_said(800, 200, share_bps=2000) is True
        assert drawn_as_said(830, 170, share_bps=2000) is True
        assert drawn_as_said(900, 100, share_bps=2000) is False
        assert drawn_as_said(0, 0, share_bps=2000) is True

    def test_the_smallest_effect_of_the_worked_case(self):
        assert detectable(500, Share(250, 500)) == pytest.approx(0.0886, abs=1e-4)
        assert detectable(500, Share(500, 500)) > 0
